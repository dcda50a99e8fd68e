//! Closes attempts at WeChat, so that they can no longer be paid.

use super::end::{AttemptEnd, end, end_after_settling};
use super::query::query_payment;
use crate::flow::{App, Outcome};
use crate::infra::db::DbError;
use crate::infra::gateway::{CloseOutcome, TradeStatus};
use crate::store::payment::attempt::{self, Attempt};

/// Makes sure that an attempt can no longer be paid, or settles it if it was.
pub async fn confirm_close(app: &App, attempt: &Attempt) -> Outcome<AttemptEnd> {
    if attempt.asked == 0 {
        return end(app, attempt).await;
    }
    match app.gateway.close(&attempt.out_trade_no, &attempt.sign_type).await {
        CloseOutcome::Closed => end(app, attempt).await,
        CloseOutcome::Paid | CloseOutcome::Missing => confirm_by_query(app, attempt).await,
        CloseOutcome::Unknown(why) => {
            tracing::warn!(
                out_trade_no = attempt.out_trade_no,
                why,
                "WeChat did not confirm that an attempt is closed"
            );
            Ok(AttemptEnd::Unclear)
        }
    }
}

async fn confirm_by_query(app: &App, attempt: &Attempt) -> Outcome<AttemptEnd> {
    match query_payment(app, attempt).await? {
        TradeStatus::Paid(_) => end_after_settling(app, &attempt.out_trade_no).await,
        TradeStatus::Closed | TradeStatus::Missing => end(app, attempt).await,
        TradeStatus::Open | TradeStatus::Unknown(_) => Ok(AttemptEnd::Unclear),
    }
}

/// Closes at WeChat an attempt that the shop has already closed because another
/// attempt paid the order; `false` until WeChat confirms.
pub async fn withdraw(app: &App, number: &str) -> Outcome<bool> {
    let wanted = number.to_owned();
    let attempt = app.db.read(async move |tx| attempt::find(tx, &wanted).await).await?;
    let attempt = attempt.ok_or(DbError::NoRow)?;
    match app.gateway.close(number, &attempt.sign_type).await {
        CloseOutcome::Closed | CloseOutcome::Missing => Ok(true),
        CloseOutcome::Paid => Ok(matches!(query_payment(app, &attempt).await?, TradeStatus::Paid(_))),
        CloseOutcome::Unknown(why) => {
            tracing::warn!(out_trade_no = number, why, "WeChat did not confirm that an attempt is withdrawn");
            Ok(false)
        }
    }
}
