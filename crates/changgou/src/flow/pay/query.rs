//! What is known of a payment, and how more is learned: by asking WeChat.

use std::time::Duration;

use crate::domain::clock::UtcMs;
use crate::domain::id::OrderId;
use crate::domain::message::NotFound;
use crate::domain::refusal::Refusal;
use crate::domain::status::OrderState;
use crate::flow::{App, Outcome, close, settle};
use crate::infra::gateway::TradeStatus;
use crate::store::order::{self, Order};
use crate::store::payment::attempt::{self, Attempt};
use crate::store::payment::flag;

/// How long after it was opened WeChat is first asked about an attempt.
pub(super) const FIRST_QUESTION: Duration = Duration::from_secs(ASK_AFTER_S[0]);

/// When WeChat is asked whether an attempt was paid, counted from the last time.
const ASK_AFTER_S: [u64; 7] = [5, 30, 60, 180, 300, 600, 1800];

/// What is known about an order's payment.
#[derive(Clone, Debug)]
pub struct PaymentStanding {
    /// The order.
    pub order: Order,
    /// Its newest attempt.
    pub attempt: Option<Attempt>,
    /// Whether money for it waits for a person.
    pub flagged: bool,
}

/// Where the payment of a buyer's order stands, by our own books.
pub async fn standing(app: &App, username: &str, id: &OrderId) -> Outcome<PaymentStanding> {
    let (username, id) = (username.to_owned(), id.clone());
    app.db
        .read(async move |tx| {
            let order = order::of(tx, &username, &id).await?.ok_or_else(|| Refusal::new(NotFound::Order))?;
            let attempt = attempt::of(tx, &id).await?.pop();
            let flagged = flag::any_for(tx, &id).await?;
            Ok(PaymentStanding { order, attempt, flagged })
        })
        .await
}

/// Asks WeChat about an attempt and settles what it proves.
pub async fn query_payment(app: &App, attempt: &Attempt) -> Outcome<TradeStatus> {
    let trade = app.gateway.query(&attempt.out_trade_no, &attempt.sign_type).await;
    if let TradeStatus::Paid(evidence) = &trade {
        settle::settle(app, evidence.clone(), settle::EvidenceSource::Query).await?;
    }
    Ok(trade)
}

/// The worker's part: asks about an attempt whose notice may be lost, later
/// and later; gives when to ask again.
pub async fn poll(app: &App, number: &str, tries: i64) -> Outcome<Option<UtcMs>> {
    let number = number.to_owned();
    let found = app.db.read(async move |tx| attempt::find(tx, &number).await).await?;
    let Some(attempt) = found.filter(|attempt| attempt.state.is_live()) else {
        return Ok(None);
    };
    let confirmed = match query_payment(app, &attempt).await? {
        TradeStatus::Paid(_) => close::settled(app, &attempt.out_trade_no).await?,
        TradeStatus::Closed => close::end(app, &attempt).await?,
        // WeChat does not know what it was asked for twice: it never took it, or forgot it.
        TradeStatus::Missing if attempt.asked > 0 && tries > 0 => close::end(app, &attempt).await?,
        TradeStatus::Open | TradeStatus::Missing | TradeStatus::Unknown(_) => {
            close::CloseConfirmation::Unclear
        }
    };
    if confirmed == close::CloseConfirmation::Over {
        return Ok(None);
    }
    let step = usize::try_from(tries + 1).unwrap_or(usize::MAX).min(ASK_AFTER_S.len() - 1);
    Ok(Some(app.now().plus(Duration::from_secs(ASK_AFTER_S[step]))))
}

/// Asks WeChat about a buyer's order now: the return page's question.
pub async fn ask_now(app: &App, username: &str, id: &OrderId) -> Outcome<PaymentStanding> {
    let before = standing(app, username, id).await?;
    let open = before.order.state == OrderState::AwaitingPayment;
    let Some(attempt) = before.attempt.as_ref().filter(|attempt| open && attempt.state.is_live()) else {
        return Ok(before);
    };
    match query_payment(app, attempt).await? {
        TradeStatus::Paid(_) => standing(app, username, id).await,
        TradeStatus::Open | TradeStatus::Closed | TradeStatus::Missing | TradeStatus::Unknown(_) => {
            Ok(before)
        }
    }
}
