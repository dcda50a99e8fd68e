//! Settles payments that only the bill knows. A bill is not signed and proves nothing, so
//! WeChat is queried, and its signed answer is settled like any other evidence.

use super::{FoundDifference, judge};
use crate::flow::attempt::query_payment;
use crate::flow::{App, Outcome};
use crate::infra::gateway::TradeStatus;
use crate::store::bill::bill_row::BillRow;
use crate::store::bill::difference::BillDifference;
use crate::store::payment::{attempt, reconcile_read};

/// A payment whose notice was lost. A difference that remains after the query is left to
/// an operator.
pub(super) async fn settle_lost_payment(
    app: &App,
    line: &BillRow,
    difference: BillDifference,
) -> Outcome<FoundDifference> {
    let number = line.ours_no.clone();
    let Some(attempt) = app.db.read(async move |tx| attempt::find(tx, &number).await).await? else {
        return Ok(difference.into());
    };
    match query_payment(app, &attempt).await? {
        TradeStatus::Paid(_) => {}
        TradeStatus::Open | TradeStatus::Closed | TradeStatus::Missing | TradeStatus::Unknown(_) => {
            return Ok(difference.into());
        }
    }
    let number = line.ours_no.clone();
    let paid =
        app.db.read(async move |tx| reconcile_read::find_payments(tx, &[number.as_str()]).await).await?;
    match judge::judge_payment(line, paid.first()) {
        None => Ok(FoundDifference { difference, mended: true }),
        Some(left) => Ok(left.into()),
    }
}
