//! An operator's changes to somebody's points.

use crate::domain::ledger::LedgerCause;
use crate::domain::message::{CouponMessage, NotFound};
use crate::domain::refusal::Refusal;
use crate::flow::{App, Outcome};
use crate::store::account;
use crate::store::points::{self, PointsEntry};

/// The most points one change may add or take.
const CHANGE_MAX: i64 = 1_000_000;

/// The points of an account.
pub struct PointsAccount {
    pub username: String,
    pub points: i64,
}

/// Adds points, or takes them where the number is negative; gives the balance.
pub async fn adjust(app: &App, username: String, change: i64) -> Outcome<PointsAccount> {
    if change == 0 || !(-CHANGE_MAX..=CHANGE_MAX).contains(&change) {
        return Err(Refusal::new(CouponMessage::PointsChangeOutOfRange { max: CHANGE_MAX }).into());
    }
    let (now, reference) = (app.now(), app.id().to_string());
    app.db
        .write(async move |tx| {
            let account = account::find_entered(tx, &username).await?;
            let username = account.ok_or_else(|| Refusal::new(NotFound::Account))?.username;
            let (cause, reference) = (LedgerCause::Adjust, reference.as_str());
            let entry =
                PointsEntry { username: &username, cause, reference, points: change, pending: 0, open: 0 };
            let short = || Refusal::new(CouponMessage::PendingPointsKept);
            points::apply(tx, &[entry], now).await?.map_err(|_| short())?;
            let points = points::balance(tx, &username).await?.points;
            Ok(PointsAccount { username, points })
        })
        .await
}
