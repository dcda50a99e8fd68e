//! Scheduled work. Owns `due`. A row is inserted in the transaction that makes the work necessary,
//! claimed by a guarded update and deleted when the work is done: a node that crashes only delays it.

use std::time::Duration;

use crate::domain::clock::UtcMs;
use crate::domain::words::word_enum;
use crate::infra::db::{DbError, Tx, Value, params};

/// How long a claim lasts.
const CLAIM: Duration = Duration::from_secs(60);

word_enum! {
    pub enum DueKind {
        /// Close an order that was not paid in time or was cancelled.
        Close = "close",
        /// Query WeChat for the state of a payment attempt.
        QueryPayment = "ask",
        /// Close an attempt at WeChat that must no longer be paid.
        Withdraw = "withdraw",
        /// Mark a shipped order as received.
        Receive = "receive",
        /// Send a refund to WeChat, then query its state.
        Refund = "refund",
        /// Compare our records of a day with WeChat's bills.
        Reconcile = "reconcile",
    }
}

impl DueKind {
    /// Whether the work may take minutes.
    pub fn is_long(self) -> bool {
        match self {
            DueKind::Reconcile => true,
            DueKind::Close
            | DueKind::QueryPayment
            | DueKind::Withdraw
            | DueKind::Receive
            | DueKind::Refund => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueTask {
    pub kind: DueKind,
    pub reference: String,
    /// How often it was claimed before this time.
    pub tries: i64,
    /// For example why an order closes.
    pub detail: Option<String>,
}

/// A row to be inserted.
#[derive(Clone, Copy, Debug)]
pub struct NewDueWork<'a> {
    pub kind: DueKind,
    pub reference: &'a str,
    pub at: UtcMs,
}

/// The rows must not exist yet.
pub async fn insert_new(tx: &mut Tx<'_>, work: &[NewDueWork<'_>]) -> Result<(), DbError> {
    let rows: Vec<[Value<'_>; 3]> = work.iter().map(row).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 3]>::as_slice).collect();
    tx.insert_many("insert into due (kind, ref, due_ms)", &rows).await
}

fn row<'a>(work: &NewDueWork<'a>) -> [Value<'a>; 3] {
    [work.kind.word().into(), work.reference.into(), work.at.0.into()]
}

/// Inserts the row, or changes its time and detail if it exists.
pub async fn schedule(tx: &mut Tx<'_>, work: NewDueWork<'_>, detail: Option<&str>) -> Result<(), DbError> {
    let NewDueWork { kind, reference, at } = work;
    let sql = "update due set due_ms = ?, tries = 0, detail = ? where kind = ? and ref = ?";
    if tx.exec(sql, params![at.0, detail, kind.word(), reference]).await? == 1 {
        return Ok(());
    }
    let sql = "insert into due (kind, ref, due_ms, detail) values (?, ?, ?, ?)";
    tx.exec(sql, params![kind.word(), reference, at.0, detail]).await.map(drop)
}

/// Deletes the row: the work is done or no longer needed.
pub async fn delete(tx: &mut Tx<'_>, kind: DueKind, reference: &str) -> Result<(), DbError> {
    let sql = "delete from due where kind = ? and ref = ?";
    tx.exec(sql, params![kind.word(), reference]).await.map(drop)
}

/// Like [`delete`], for many rows of one kind.
pub async fn delete_many<'v>(
    tx: &mut Tx<'_>,
    kind: DueKind,
    references: impl IntoIterator<Item = &'v str>,
) -> Result<(), DbError> {
    let references: Vec<Value<'_>> = references.into_iter().map(Value::from).collect();
    tx.exec_in("delete from due where kind = ? and ref", params![kind.word()], &references).await.map(drop)
}

/// Tries the work again at `at`.
pub async fn reschedule(tx: &mut Tx<'_>, task: &DueTask, at: UtcMs) -> Result<(), DbError> {
    let sql = "update due set due_ms = ? where kind = ? and ref = ?";
    tx.exec(sql, params![at.0, task.kind.word(), &task.reference]).await.map(drop)
}

type DueRow = (String, String, i64, i64, Option<String>);

/// Claims up to `most` rows that are due, the oldest first. Rows of [`DueKind::QueryPayment`] are
/// claimed only if they were due at `ask_now`: a Redis queue may report the newer ones.
pub async fn claim_due(
    tx: &mut Tx<'_>,
    now: UtcMs,
    ask_now: UtcMs,
    most: i64,
) -> Result<Vec<DueTask>, DbError> {
    let sql = "select kind, ref, due_ms, tries, detail from due \
               where due_ms <= ? and (kind <> 'ask' or due_ms <= ?) order by due_ms limit ?";
    let due = tx.rows::<DueRow>(sql, params![now.0, ask_now.0, most]).await?;
    claim_rows(tx, due, now).await
}

/// Claims the due [`DueKind::QueryPayment`] rows of these attempts.
pub async fn claim_payment_queries(
    tx: &mut Tx<'_>,
    attempts: &[String],
    now: UtcMs,
) -> Result<Vec<DueTask>, DbError> {
    let head = "select kind, ref, due_ms, tries, detail from due where kind = 'ask' and ref";
    let found = tx.rows_in::<DueRow>(head, attempts.iter().map(Value::from), "").await?;
    let due = found.into_iter().filter(|(_, _, due_ms, _, _)| *due_ms <= now.0).collect();
    claim_rows(tx, due, now).await
}

async fn claim_rows(tx: &mut Tx<'_>, due: Vec<DueRow>, now: UtcMs) -> Result<Vec<DueTask>, DbError> {
    let mut claimed = Vec::with_capacity(due.len());
    for (word, reference, due_ms, tries, detail) in due {
        let Some(kind) = DueKind::parse(&word) else { continue };
        let sql = "update due set due_ms = ?, tries = tries + 1 where kind = ? and ref = ? and due_ms = ?";
        if tx.exec(sql, params![now.plus(CLAIM).0, &word, &reference, due_ms]).await? == 1 {
            claimed.push(DueTask { kind, reference, tries, detail });
        }
    }
    Ok(claimed)
}

pub async fn has_any(tx: &mut Tx<'_>, kind: DueKind) -> Result<bool, DbError> {
    let found =
        tx.row::<(String,)>("select ref from due where kind = ? limit 1", params![kind.word()]).await?;
    Ok(found.is_some())
}

/// How many rows are due now, and the due time of the oldest in ms UTC.
pub async fn backlog(tx: &mut Tx<'_>, now: UtcMs) -> Result<(i64, Option<i64>), DbError> {
    tx.required_row("select count(*), min(due_ms) from due where due_ms <= ?", params![now.0]).await
}
