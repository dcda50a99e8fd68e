//! What is safe to mend. A bill is not signed, so it proves nothing: WeChat is
//! asked, and what its signed answer proves is settled where all money is.

use super::{Found, judge};
use crate::flow::{App, Outcome, pay};
use crate::infra::gateway::Trade;
use crate::store::bill::bill_row::Line;
use crate::store::bill::difference::Difference;
use crate::store::payment::{attempt, reconcile_read};

/// A payment whose notice was lost. What is still different after asking stays
/// for a person.
pub(super) async fn payment(app: &App, line: &Line, difference: Difference) -> Outcome<Found> {
    let number = line.ours_no.clone();
    let Some(attempt) = app.db.read(async move |tx| attempt::find(tx, &number).await).await? else {
        return Ok(difference.into());
    };
    match pay::query_payment(app, &attempt).await? {
        Trade::Paid(_) => {}
        Trade::Open | Trade::Closed | Trade::Missing | Trade::Unknown(_) => return Ok(difference.into()),
    }
    let number = line.ours_no.clone();
    let paid = app.db.read(async move |tx| reconcile_read::payments(tx, &[number.as_str()]).await).await?;
    match judge::payment(line, paid.first()) {
        None => Ok(Found { difference, mended: true }),
        Some(left) => Ok(left.into()),
    }
}
