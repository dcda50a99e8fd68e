//! What the shop knows about the payment of an order.

use super::query::query_payment;
use crate::domain::id::OrderId;
use crate::domain::message::NotFound;
use crate::domain::refusal::Refusal;
use crate::domain::status::OrderState;
use crate::flow::{App, Outcome};
use crate::infra::gateway::TradeStatus;
use crate::store::order::{self, Order};
use crate::store::payment::attempt::{self, Attempt};
use crate::store::payment::flag;

#[derive(Clone, Debug)]
pub struct PaymentStatus {
    pub order: Order,
    /// The newest attempt.
    pub attempt: Option<Attempt>,
    /// Whether money for the order waits for an operator.
    pub flagged: bool,
}

async fn read_payment_status(app: &App, username: &str, id: &OrderId) -> Outcome<PaymentStatus> {
    let (username, id) = (username.to_owned(), id.clone());
    app.db
        .read(async move |tx| {
            let order = order::find_for_user(tx, &username, &id)
                .await?
                .ok_or_else(|| Refusal::new(NotFound::Order))?;
            let attempt = attempt::list_for_order(tx, &id).await?.pop();
            let flagged = flag::has_open(tx, &id).await?;
            Ok(PaymentStatus { order, attempt, flagged })
        })
        .await
}

/// Where the payment of a buyer's order stands. WeChat is asked first if the order
/// still waits for payment: the buyer has just come back from the payment page.
pub async fn query_payment_status(app: &App, username: &str, id: &OrderId) -> Outcome<PaymentStatus> {
    let known = read_payment_status(app, username, id).await?;
    let is_open = known.order.state == OrderState::AwaitingPayment;
    let Some(attempt) = known.attempt.as_ref().filter(|attempt| is_open && attempt.state.is_live()) else {
        return Ok(known);
    };
    match query_payment(app, attempt).await? {
        TradeStatus::Paid(_) => read_payment_status(app, username, id).await,
        TradeStatus::Open | TradeStatus::Closed | TradeStatus::Missing | TradeStatus::Unknown(_) => Ok(known),
    }
}
