//! How the comparison of a day with a bill went.

use crate::domain::clock::UtcMs;
use crate::domain::day::Day;
use crate::domain::id::Id;
use crate::domain::money::Fen;
use crate::infra::db::{DbError, FromRow, Row, Tx, params};

/// Which bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BillName {
    /// Payments and refunds.
    Trade,
    /// How the merchant's balance changed.
    FundFlow,
}

impl BillName {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            BillName::Trade => "trade",
            BillName::FundFlow => "fund_flow",
        }
    }
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunState {
    /// The bill is being read and compared.
    Loading,
    /// The bill was whole and was compared.
    Compared,
    /// Nothing happened on that day, says WeChat.
    Empty,
    /// WeChat is still making the bill.
    Creating,
    /// The bill could not be had or is not to be believed.
    Failed,
}

impl RunState {
    const ALL: [RunState; 5] =
        [RunState::Loading, RunState::Compared, RunState::Empty, RunState::Creating, RunState::Failed];

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            RunState::Loading => "loading",
            RunState::Compared => "compared",
            RunState::Empty => "empty",
            RunState::Creating => "creating",
            RunState::Failed => "failed",
        }
    }

    /// Whether our books were compared with all there is.
    pub fn is_compared(self) -> bool {
        match self {
            RunState::Compared | RunState::Empty => true,
            RunState::Loading | RunState::Creating | RunState::Failed => false,
        }
    }
}

/// What was counted on both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunTotals {
    /// Lines of the bill.
    pub rows: i64,
    /// Payments, or lines of income.
    pub came: i64,
    /// Their sum, in fen.
    pub came_fen: Fen,
    /// Refunds, or lines of expense.
    pub went: i64,
    /// Their sum, in fen.
    pub went_fen: Fen,
    /// WeChat's fee, in hundred-thousandths of a yuan.
    pub fee: i64,
    /// Payments of the day by our own books.
    pub ours_came: i64,
    /// Their sum, in fen.
    pub ours_came_fen: Fen,
    /// Lines that agree.
    pub agreed: i64,
}

/// A run as it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconcileRun {
    /// Its number; a later run of the same day takes over.
    pub id: Id,
    /// Where it stands.
    pub state: RunState,
    /// Why there is no bill.
    pub told: Option<String>,
    /// What was counted.
    pub sums: RunTotals,
    /// When it began.
    pub started: UtcMs,
    /// When it ended.
    pub finished: Option<UtcMs>,
}

impl FromRow for ReconcileRun {
    fn from_row(row: &mut Row<'_>) -> Result<ReconcileRun, DbError> {
        Ok(ReconcileRun {
            id: row.take()?,
            state: read_state(&row.take::<String>()?)?,
            told: row.take()?,
            sums: RunTotals {
                rows: row.take()?,
                came: row.take()?,
                came_fen: row.take()?,
                went: row.take()?,
                went_fen: row.take()?,
                fee: row.take()?,
                ours_came: row.take()?,
                ours_came_fen: row.take()?,
                agreed: row.take()?,
            },
            started: row.take()?,
            finished: row.take()?,
        })
    }
}

fn read_state(word: &str) -> Result<RunState, DbError> {
    let wrong = || DbError::Decode { column: 1, problem: format!("no run is {word:?}") };
    RunState::ALL.into_iter().find(|state| state.word() == word).ok_or_else(wrong)
}

/// The run of a day and bill, if there was one.
pub async fn find(tx: &mut Tx<'_>, day: Day, bill: BillName) -> Result<Option<ReconcileRun>, DbError> {
    let sql = "select run_id, state, told, bill_rows, came, came_fen, went, went_fen, fee, ours_came, ours_came_fen, \
               agreed, started_ms, finished_ms from reconcile_run where bill_day = ? and bill = ?";
    tx.row(sql, params![day.to_string(), bill.word()]).await
}

/// Begins a run and takes the day over from an earlier one, whose number it gives.
/// Two that begin at once follow each other: the row is held, and is made only once.
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

/// Whether the run with this number of the trade bill still has its day: a later
/// one may have taken it over, the fund flow with it. On a server the day is
/// held until the end of the transaction.
pub async fn holds(tx: &mut Tx<'_>, day: Day, id: Id) -> Result<bool, DbError> {
    let sql = "select run_id from reconcile_run where bill_day = ? and bill = 'trade' for update";
    let found = tx.row::<(Id,)>(sql, params![day.to_string()]).await?;
    Ok(found == Some((id,)))
}

/// Ends a run that still holds its day.
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
