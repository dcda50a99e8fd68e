//! What the comparison of a day gave.

use crate::domain::day::Day;
use crate::flow::{App, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::store::bill::difference::{self, StoredDifference};
use crate::store::bill::reconcile_run::{self, BillName, ReconcileRun};

/// Differences one report lists; its counts tell of all.
const LISTED_MAX: i64 = 1000;

/// The last comparison of a day.
#[derive(Clone, Debug)]
pub struct ReconcileReport {
    /// The day, in UTC+8.
    pub day: Day,
    /// With the trade bill; `None`: never tried.
    pub trade: Option<ReconcileRun>,
    /// With the fund-flow bill; `None`: never tried.
    pub fund_flow: Option<ReconcileRun>,
    /// The differences, open ones first, up to a thousand.
    pub differences: Vec<StoredDifference>,
    /// How many are open.
    pub open: i64,
    /// How many were mended or are no longer there.
    pub resolved: i64,
}

/// What a report says in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReconcileVerdict {
    /// Everything was compared, and nothing differs.
    Clean,
    /// Something differs.
    Differs,
    /// A bill could not be had yet.
    NoBill,
}

impl ReconcileVerdict {
    /// A stable word for the API.
    pub fn word(self) -> &'static str {
        match self {
            ReconcileVerdict::Clean => "clean",
            ReconcileVerdict::Differs => "differs",
            ReconcileVerdict::NoBill => "no_bill",
        }
    }
}

impl ReconcileReport {
    /// What it says in a word. A bill that is missing weighs more than what the other shows.
    pub fn verdict(&self) -> ReconcileVerdict {
        let whole = [&self.trade, &self.fund_flow];
        if !whole.iter().all(|run| run.as_ref().is_some_and(|run| run.state.is_compared())) {
            return ReconcileVerdict::NoBill;
        }
        if self.open == 0 { ReconcileVerdict::Clean } else { ReconcileVerdict::Differs }
    }
}

/// The last report of a day, whatever it was.
pub async fn report(app: &App, day: Day) -> Outcome<ReconcileReport> {
    let read = async move |tx: &mut Tx<'_>| {
        let (open, resolved) = difference::count(tx, day).await?;
        Ok::<_, DbError>(ReconcileReport {
            day,
            trade: reconcile_run::find(tx, day, BillName::Trade).await?,
            fund_flow: reconcile_run::find(tx, day, BillName::FundFlow).await?,
            differences: difference::of(tx, day, LISTED_MAX).await?,
            open,
            resolved,
        })
    };
    Ok(app.db.read(read).await?)
}
