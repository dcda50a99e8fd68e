//! Work that is due at a time. Owns `due`. A row is written in the transaction
//! that owes the work, claimed by a guarded update and removed when it is done,
//! so a node that dies only delays it.

use std::time::Duration;

use crate::domain::clock::UtcMs;
use crate::infra::db::{DbError, Tx, Value, params};

/// How long claimed work belongs to its claimer.
const CLAIM: Duration = Duration::from_secs(60);

/// What kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DueKind {
    /// Close an order that was not paid in time, or given up.
    Close,
    /// Ask WeChat about an attempt.
    Ask,
    /// Close an attempt at WeChat by which nobody shall pay any more.
    Withdraw,
    /// Count a shipped order as received.
    Receive,
    /// Give money back, and ask where that stands.
    Refund,
    /// Compare our books of a day with WeChat's bills.
    Reconcile,
}

impl DueKind {
    fn word(self) -> &'static str {
        match self {
            DueKind::Close => "close",
            DueKind::Ask => "ask",
            DueKind::Withdraw => "withdraw",
            DueKind::Receive => "receive",
            DueKind::Refund => "refund",
            DueKind::Reconcile => "reconcile",
        }
    }

    /// Whether it may take minutes.
    pub fn is_long(self) -> bool {
        match self {
            DueKind::Reconcile => true,
            DueKind::Close | DueKind::Ask | DueKind::Withdraw | DueKind::Receive | DueKind::Refund => false,
        }
    }

    fn read(word: &str) -> Option<DueKind> {
        let all = [
            DueKind::Close,
            DueKind::Ask,
            DueKind::Withdraw,
            DueKind::Receive,
            DueKind::Refund,
            DueKind::Reconcile,
        ];
        all.into_iter().find(|kind| kind.word() == word)
    }
}

/// A piece of work, claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueTask {
    /// What to do.
    pub kind: DueKind,
    /// The order or attempt it is about.
    pub reference: String,
    /// How often it was claimed before.
    pub tries: i64,
    /// A word more, such as why an order closes.
    pub detail: Option<String>,
}

/// Work to be written down.
#[derive(Clone, Copy, Debug)]
pub struct NewDueWork<'a> {
    /// What to do.
    pub kind: DueKind,
    /// The order or attempt it is about.
    pub reference: &'a str,
    /// When.
    pub at: UtcMs,
}

/// Writes work down that was not owed before.
pub async fn owe(tx: &mut Tx<'_>, owed: &[NewDueWork<'_>]) -> Result<(), DbError> {
    let rows: Vec<[Value<'_>; 3]> = owed.iter().map(row).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 3]>::as_slice).collect();
    tx.insert_many("insert into due (kind, ref, due_ms)", &rows).await
}

fn row<'a>(owed: &NewDueWork<'a>) -> [Value<'a>; 3] {
    [owed.kind.word().into(), owed.reference.into(), owed.at.0.into()]
}

/// Writes work down, or moves it to another time and reason if it is owed already.
pub async fn put(tx: &mut Tx<'_>, owed: NewDueWork<'_>, detail: Option<&str>) -> Result<(), DbError> {
    let NewDueWork { kind, reference, at } = owed;
    let sql = "update due set due_ms = ?, tries = 0, detail = ? where kind = ? and ref = ?";
    if tx.exec(sql, params![at.0, detail, kind.word(), reference]).await? == 1 {
        return Ok(());
    }
    let sql = "insert into due (kind, ref, due_ms, detail) values (?, ?, ?, ?)";
    tx.exec(sql, params![kind.word(), reference, at.0, detail]).await.map(drop)
}

/// The work is done, or no longer owed.
pub async fn done(tx: &mut Tx<'_>, kind: DueKind, reference: &str) -> Result<(), DbError> {
    let sql = "delete from due where kind = ? and ref = ?";
    tx.exec(sql, params![kind.word(), reference]).await.map(drop)
}

/// The same as [`done`] for many of a kind.
pub async fn all_done<'v>(
    tx: &mut Tx<'_>,
    kind: DueKind,
    references: impl IntoIterator<Item = &'v str>,
) -> Result<(), DbError> {
    let references: Vec<Value<'_>> = references.into_iter().map(Value::from).collect();
    tx.exec_in("delete from due where kind = ? and ref", params![kind.word()], &references).await.map(drop)
}

/// The work could not be finished; it is tried again later.
pub async fn again(tx: &mut Tx<'_>, task: &DueTask, at: UtcMs) -> Result<(), DbError> {
    let sql = "update due set due_ms = ? where kind = ? and ref = ?";
    tx.exec(sql, params![at.0, task.kind.word(), &task.reference]).await.map(drop)
}

/// A row of work as it is read.
type DueRow = (String, String, i64, i64, Option<String>);

/// Takes up to `most` pieces of work that are due, the longest due first; asking
/// only what was due at `ask_now` already, since a queue may tell of the rest.
pub async fn claim(tx: &mut Tx<'_>, now: UtcMs, ask_now: UtcMs, most: i64) -> Result<Vec<DueTask>, DbError> {
    let sql = "select kind, ref, due_ms, tries, detail from due \
               where due_ms <= ? and (kind <> 'ask' or due_ms <= ?) order by due_ms limit ?";
    let waiting = tx.rows::<DueRow>(sql, params![now.0, ask_now.0, most]).await?;
    take(tx, waiting, now).await
}

/// Takes the asking about these attempts, as far as it is due.
pub async fn claim_asking(tx: &mut Tx<'_>, attempts: &[String], now: UtcMs) -> Result<Vec<DueTask>, DbError> {
    let head = "select kind, ref, due_ms, tries, detail from due where kind = 'ask' and ref";
    let known = tx.rows_in::<DueRow>(head, attempts.iter().map(Value::from), "").await?;
    let waiting = known.into_iter().filter(|(_, _, due_ms, _, _)| *due_ms <= now.0).collect();
    take(tx, waiting, now).await
}

async fn take(tx: &mut Tx<'_>, waiting: Vec<DueRow>, now: UtcMs) -> Result<Vec<DueTask>, DbError> {
    let mut claimed = Vec::with_capacity(waiting.len());
    for (word, reference, due_ms, tries, detail) in waiting {
        let Some(kind) = DueKind::read(&word) else { continue };
        let sql = "update due set due_ms = ?, tries = tries + 1 where kind = ? and ref = ? and due_ms = ?";
        if tx.exec(sql, params![now.plus(CLAIM).0, &word, &reference, due_ms]).await? == 1 {
            claimed.push(DueTask { kind, reference, tries, detail });
        }
    }
    Ok(claimed)
}

/// Whether any work of a kind is owed.
pub async fn any(tx: &mut Tx<'_>, kind: DueKind) -> Result<bool, DbError> {
    let found =
        tx.row::<(String,)>("select ref from due where kind = ? limit 1", params![kind.word()]).await?;
    Ok(found.is_some())
}

/// How many pieces of work are due now, and since when the oldest.
pub async fn backlog(tx: &mut Tx<'_>, now: UtcMs) -> Result<(i64, Option<i64>), DbError> {
    tx.one("select count(*), min(due_ms) from due where due_ms <= ?", params![now.0]).await
}
