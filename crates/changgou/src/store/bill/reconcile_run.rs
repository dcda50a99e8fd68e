//! The comparison of a day with a bill.

use crate::domain::clock::UtcMs;
use crate::domain::day::Day;
use crate::domain::id::Id;
use crate::domain::money::Fen;
use crate::domain::words::word_enum;
use crate::infra::db::{DbError, Tx, from_row, params};

word_enum! {
    pub enum BillName {
        Trade = "trade",
        /// The changes of the merchant's balance.
        FundFlow = "fund_flow",
    }
}

word_enum! {
    pub enum RunState {
        Loading = "loading",
        /// The complete bill was compared.
        Compared = "compared",
        /// WeChat says that nothing happened on that day.
        Empty = "empty",
        Creating = "creating",
        /// The bill is not available or not valid.
        Failed = "failed",
    }
}

impl RunState {
    /// Whether the comparison is complete.
    pub fn is_compared(self) -> bool {
        match self {
            RunState::Compared | RunState::Empty => true,
            RunState::Loading | RunState::Creating | RunState::Failed => false,
        }
    }
}

/// Counts and sums of both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunTotals {
    pub rows: i64,
    /// Payments, or income in the fund flow.
    pub came: i64,
    pub came_fen: Fen,
    /// Refunds, or expenses in the fund flow.
    pub went: i64,
    pub went_fen: Fen,
    /// WeChat's fee, in hundred-thousandths of a yuan.
    pub fee: i64,
    /// Payments of the day in our records.
    pub ours_came: i64,
    pub ours_came_fen: Fen,
    pub agreed: i64,
}

/// A reconciliation run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconcileRun {
    /// A later run of the same day replaces this id.
    pub id: Id,
    pub state: RunState,
    /// Why there is no bill to compare.
    pub told: Option<String>,
    pub sums: RunTotals,
    pub started: UtcMs,
    pub finished: Option<UtcMs>,
}

from_row! {
    ReconcileRun {
        id: run_id,
        state,
        told,
        sums: RunTotals {
            rows: bill_rows, came, came_fen, went, went_fen, fee, ours_came, ours_came_fen, agreed,
        },
        started: started_ms,
        finished: finished_ms,
    }
}

pub async fn find(tx: &mut Tx<'_>, day: Day, bill: BillName) -> Result<Option<ReconcileRun>, DbError> {
    let sql = "select run_id, state, told, bill_rows, came, came_fen, went, went_fen, fee, ours_came, ours_came_fen, \
               agreed, started_ms, finished_ms from reconcile_run where bill_day = ? and bill = ?";
    tx.row(sql, params![day.to_string(), bill.word()]).await
}

/// Begins a run and returns the id of an earlier run of the day, which it replaces. Two runs that begin
/// at once are serialised by the lock on the row.
pub async fn begin(
    tx: &mut Tx<'_>,
    day: Day,
    bill: BillName,
    id: Id,
    now: UtcMs,
) -> Result<Option<Id>, DbError> {
    let (day, bill) = (day.to_string(), bill.word());
    let sql = "select run_id from reconcile_run where bill_day = ? and bill = ? for update";
    let earlier = tx.row::<(Id,)>(sql, params![&day, bill]).await?.map(|(run,)| run);
    let sql = match earlier {
        Some(_) => {
            "update reconcile_run set run_id = ?, state = 'loading', told = null, started_ms = ?, finished_ms = null \
             where bill_day = ? and bill = ?"
        }
        None => {
            "insert into reconcile_run (run_id, state, started_ms, bill_day, bill) values (?, 'loading', ?, ?, ?)"
        }
    };
    tx.exec(sql, params![id, now.0, &day, bill]).await?;
    Ok(earlier)
}

/// Whether this run of the trade bill is still the current one of its day: a later run replaces it, and
/// the fund flow with it. On a server the row stays locked until the end of the transaction.
pub async fn is_current(tx: &mut Tx<'_>, day: Day, id: Id) -> Result<bool, DbError> {
    let sql = "select run_id from reconcile_run where bill_day = ? and bill = 'trade' for update";
    let found = tx.row::<(Id,)>(sql, params![day.to_string()]).await?;
    Ok(found == Some((id,)))
}

/// Ends a run that is still the current one of its day.
pub async fn end(
    tx: &mut Tx<'_>,
    day: Day,
    bill: BillName,
    run: &ReconcileRun,
    now: UtcMs,
) -> Result<(), DbError> {
    let sql = "update reconcile_run set state = ?, told = ?, bill_rows = ?, came = ?, came_fen = ?, went = ?, \
               went_fen = ?, fee = ?, ours_came = ?, ours_came_fen = ?, agreed = ?, finished_ms = ? \
               where bill_day = ? and bill = ? and run_id = ?";
    let RunTotals { rows, came, came_fen, went, went_fen, fee, ours_came, ours_came_fen, agreed } = run.sums;
    let told = run.told.as_deref().map(|told| told.chars().take(300).collect::<String>());
    let row = params![
        run.state.word(),
        told,
        rows,
        came,
        came_fen,
        went,
        went_fen,
        fee,
        ours_came,
        ours_came_fen,
        agreed,
        now.0,
        day.to_string(),
        bill.word(),
        run.id
    ];
    tx.exec(sql, row).await.map(drop)
}
