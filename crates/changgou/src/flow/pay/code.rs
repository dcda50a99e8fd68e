//! The QR code of an attempt. WeChat is asked once, with the stored request, and all
//! callers get the same code.

use std::time::Duration;

use super::{CodeAttempt, PaymentOffer, already_paid, retire, unavailable};
use crate::domain::clock::UtcMs;
use crate::flow::attempt::query_payment;
use crate::flow::{App, Error, Outcome};
use crate::infra::db::DbError;
use crate::infra::gateway::{PaymentCode, PrepayOutcome, TradeStatus};
use crate::store::order::Order;
use crate::store::payment::attempt::{self, Attempt};

/// WeChat's codes are valid for two hours; they are renewed five minutes early.
const CODE_LIFETIME: Duration = Duration::from_secs(2 * 3600 - 300);

/// How long one caller may take to ask WeChat, at both its addresses, before another one asks.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(25);

pub(super) async fn get_code(app: &App, order: &Order, mut attempt: Attempt) -> Outcome<CodeAttempt> {
    if let Some(code) = fresh_code(&attempt, app.now()) {
        return Ok(CodeAttempt::Ready(payment_offer(order, &attempt, code)));
    }
    let known = attempt.clone();
    let claimed = app.write(async move |work| {
        attempt::claim_code_request(work.tx, &known, work.now, work.now.plus(REQUEST_TIME_MAX)).await
    });
    if !claimed.await? {
        return wait_for_code(app, order, &attempt).await;
    }
    attempt.asked += 1;
    request_code(app, order, &attempt).await
}

fn fresh_code(attempt: &Attempt, now: UtcMs) -> Option<PaymentCode> {
    let is_fresh = attempt.code_made.is_some_and(|made| now.since(made) < CODE_LIFETIME);
    let url = attempt.code_url.clone().filter(|_| is_fresh)?;
    Some(PaymentCode { url, prepay_id: attempt.prepay_id.clone() })
}

fn payment_offer(order: &Order, attempt: &Attempt, code: PaymentCode) -> PaymentOffer {
    let Attempt { out_trade_no, total_fee, .. } = attempt;
    PaymentOffer { code, out_trade_no: out_trade_no.clone(), total_fee: *total_fee, pay_by: order.pay_by }
}

/// Asks WeChat for a code with the stored request.
async fn request_code(app: &App, order: &Order, attempt: &Attempt) -> Outcome<CodeAttempt> {
    match app.gateway.prepay(&attempt.request, &attempt.sign_type).await {
        PrepayOutcome::Code(code) => store_code(app, order, attempt, code).await,
        PrepayOutcome::Paid => {
            release_claim(app, attempt).await?;
            match query_payment(app, attempt).await? {
                // The amount may differ, so the order is read again.
                TradeStatus::Paid(_) => Ok(CodeAttempt::Retry),
                TradeStatus::Open | TradeStatus::Closed | TradeStatus::Missing | TradeStatus::Unknown(_) => {
                    Err(already_paid().into())
                }
            }
        }
        PrepayOutcome::Spent(why) => {
            tracing::warn!(out_trade_no = attempt.out_trade_no, why, "an attempt can no longer be used");
            release_claim(app, attempt).await?;
            retire(app, attempt).await?;
            Ok(CodeAttempt::Retry)
        }
        PrepayOutcome::Refused(why) | PrepayOutcome::Unknown(why) => {
            tracing::warn!(out_trade_no = attempt.out_trade_no, why, "WeChat gave no code");
            release_claim(app, attempt).await?;
            Err(unavailable().into())
        }
    }
}

/// The next caller may ask WeChat at once.
async fn release_claim(app: &App, attempt: &Attempt) -> Outcome<()> {
    let number = attempt.out_trade_no.clone();
    Ok(app.write(async move |work| attempt::release_code_request(work.tx, &number).await).await?)
}

async fn store_code(app: &App, order: &Order, attempt: &Attempt, code: PaymentCode) -> Outcome<CodeAttempt> {
    let (number, kept) = (attempt.out_trade_no.clone(), code.clone());
    let is_kept =
        app.write(async move |work| attempt::store_code(work.tx, &number, &kept, work.now).await).await?;
    Ok(if is_kept { CodeAttempt::Ready(payment_offer(order, attempt, code)) } else { CodeAttempt::Retry })
}

/// Another caller is asking WeChat for the same code; waits for its answer.
async fn wait_for_code(app: &App, order: &Order, attempt: &Attempt) -> Outcome<CodeAttempt> {
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let number = attempt.out_trade_no.clone();
        let current = app.db.read(async move |tx| attempt::find(tx, &number).await).await?;
        let current = current.ok_or(Error::Db(DbError::NoRow))?;
        if !current.state.is_live() {
            return Ok(CodeAttempt::Retry);
        }
        if let Some(code) = fresh_code(&current, app.now()) {
            return Ok(CodeAttempt::Ready(payment_offer(order, &current, code)));
        }
    }
    Err(unavailable().into())
}
