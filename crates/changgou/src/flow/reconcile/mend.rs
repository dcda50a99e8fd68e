//! What is safe to mend. A bill is not signed, so it proves nothing: WeChat is
//! asked, and what its signed answer proves is settled where all money is.

use super::{FoundDifference, judge};
use crate::flow::attempt::query_payment;
use crate::flow::{App, Outcome};
use crate::infra::gateway::TradeStatus;
use crate::store::bill::bill_row::BillRow;
use crate::store::bill::difference::BillDifference;
use crate::store::payment::{attempt, reconcile_read};

/// A payment whose notice was lost. What is still different after asking stays
/// for a person.
pub(super) async fn payment(
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
    let paid = app.db.read(async move |tx| reconcile_read::payments(tx, &[number.as_str()]).await).await?;
    match judge::payment(line, paid.first()) {
        None => Ok(FoundDifference { difference, mended: true }),
        Some(left) => Ok(left.into()),
    }
}
