//! The code a buyer scans: asked for once, with the bytes that were written
//! down, and shown to everybody who wants the same.

use std::time::Duration;

use super::{CodeAttempt, PaymentOffer, already_paid, retire, unavailable};
use crate::domain::clock::UtcMs;
use crate::flow::attempt::query_payment;
use crate::flow::{App, Error, Outcome};
use crate::infra::db::DbError;
use crate::infra::gateway::{PaymentCode, PrepayOutcome, TradeStatus};
use crate::store::order::Order;
use crate::store::payment::attempt::{self, Attempt};

/// WeChat's codes are good for two hours; a few minutes early they are renewed.
const CODE_LIFE: Duration = Duration::from_secs(2 * 3600 - 300);

/// How long one caller may be asking WeChat, at both its addresses, before another takes over.
const ASKING: Duration = Duration::from_secs(25);

/// The ticket for an attempt, if it gives one.
pub(super) async fn code_for(app: &App, order: &Order, mut attempt: Attempt) -> Outcome<CodeAttempt> {
    if let Some(code) = fresh_code(&attempt, app.now()) {
        return Ok(CodeAttempt::Ready(ticket(order, &attempt, code)));
    }
    let (seen, now) = (attempt.clone(), app.now());
    let claimed = app.db.write(async move |tx| attempt::claim_asking(tx, &seen, now, now.plus(ASKING)).await);
    if !claimed.await? {
        return wait_for_code(app, order, &attempt).await;
    }
    attempt.asked += 1;
    ask(app, order, &attempt).await
}

fn fresh_code(attempt: &Attempt, now: UtcMs) -> Option<PaymentCode> {
    let is_fresh = attempt.code_made.is_some_and(|made| now.since(made) < CODE_LIFE);
    let url = attempt.code_url.clone().filter(|_| is_fresh)?;
    Some(PaymentCode { url, prepay_id: attempt.prepay_id.clone() })
}

fn ticket(order: &Order, attempt: &Attempt, code: PaymentCode) -> PaymentOffer {
    let Attempt { out_trade_no, total_fee, .. } = attempt;
    PaymentOffer { code, out_trade_no: out_trade_no.clone(), total_fee: *total_fee, pay_by: order.pay_by }
}

/// Asks WeChat, with the bytes that were written down.
async fn ask(app: &App, order: &Order, attempt: &Attempt) -> Outcome<CodeAttempt> {
    match app.gateway.prepay(&attempt.request, &attempt.sign_type).await {
        PrepayOutcome::Code(code) => keep_code(app, order, attempt, code).await,
        PrepayOutcome::Paid => {
            release(app, attempt).await?;
            match query_payment(app, attempt).await? {
                // It may have been other money than was asked for: the order says how to go on.
                TradeStatus::Paid(_) => Ok(CodeAttempt::Retry),
                TradeStatus::Open | TradeStatus::Closed | TradeStatus::Missing | TradeStatus::Unknown(_) => {
                    Err(already_paid().into())
                }
            }
        }
        PrepayOutcome::Spent(why) => {
            tracing::warn!(out_trade_no = attempt.out_trade_no, why, "an attempt is spent");
            release(app, attempt).await?;
            retire(app, attempt).await?;
            Ok(CodeAttempt::Retry)
        }
        PrepayOutcome::Refused(why) | PrepayOutcome::Unknown(why) => {
            tracing::warn!(out_trade_no = attempt.out_trade_no, why, "WeChat gave no code");
            release(app, attempt).await?;
            Err(unavailable().into())
        }
    }
}

/// The next caller may ask WeChat at once.
async fn release(app: &App, attempt: &Attempt) -> Outcome<()> {
    let number = attempt.out_trade_no.clone();
    Ok(app.db.write(async move |tx| attempt::release_asking(tx, &number).await).await?)
}

async fn keep_code(app: &App, order: &Order, attempt: &Attempt, code: PaymentCode) -> Outcome<CodeAttempt> {
    let (number, kept, now) = (attempt.out_trade_no.clone(), code.clone(), app.now());
    let noted = app.db.write(async move |tx| attempt::note_code(tx, &number, &kept, now).await).await?;
    Ok(if noted { CodeAttempt::Ready(ticket(order, attempt, code)) } else { CodeAttempt::Retry })
}

/// Somebody else is asking WeChat for the same code; their answer is ours too.
async fn wait_for_code(app: &App, order: &Order, attempt: &Attempt) -> Outcome<CodeAttempt> {
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let number = attempt.out_trade_no.clone();
        let now_there = app.db.read(async move |tx| attempt::find(tx, &number).await).await?;
        let now_there = now_there.ok_or(Error::Db(DbError::NoRow))?;
        if !now_there.state.is_live() {
            return Ok(CodeAttempt::Retry);
        }
        if let Some(code) = fresh_code(&now_there, app.now()) {
            return Ok(CodeAttempt::Ready(ticket(order, &now_there, code)));
        }
    }
    Err(unavailable().into())
}
