//! The result of reconciling a day.

use crate::domain::day::Day;
use crate::flow::{App, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::store::bill::difference::{self, StoredDifference};
use crate::store::bill::reconcile_run::{self, BillName, ReconcileRun};

/// Differences one report lists. Its counts include all.
const LISTED_MAX: i64 = 1000;

/// The last run of a day.
#[derive(Clone, Debug)]
pub struct ReconcileReport {
    /// The day, in UTC+8.
    pub day: Day,
    /// `None` if it was never tried.
    pub trade: Option<ReconcileRun>,
    /// `None` if it was never tried.
    pub fund_flow: Option<ReconcileRun>,
    /// The differences, open ones first, up to a thousand.
    pub differences: Vec<StoredDifference>,
    /// Differences that are open.
    pub open: i64,
    /// Differences that were settled or are gone.
    pub resolved: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReconcileVerdict {
    /// Everything was compared, and nothing differs.
    Clean,
    Differs,
    /// A bill is not available yet.
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
    /// A missing bill counts more than differences in the other.
    pub fn verdict(&self) -> ReconcileVerdict {
        let whole = [&self.trade, &self.fund_flow];
        if !whole.iter().all(|run| run.as_ref().is_some_and(|run| run.state.is_compared())) {
            return ReconcileVerdict::NoBill;
        }
        if self.open == 0 { ReconcileVerdict::Clean } else { ReconcileVerdict::Differs }
    }
}

/// The report of the last run of a day.
pub async fn load_report(app: &App, day: Day) -> Outcome<ReconcileReport> {
    let read = async move |tx: &mut Tx<'_>| {
        let (open, resolved) = difference::count_for_day(tx, day).await?;
        Ok::<_, DbError>(ReconcileReport {
            day,
            trade: reconcile_run::find(tx, day, BillName::Trade).await?,
            fund_flow: reconcile_run::find(tx, day, BillName::FundFlow).await?,
            differences: difference::list_for_day(tx, day, LISTED_MAX).await?,
            open,
            resolved,
        })
    };
    Ok(app.db.read(read).await?)
}
