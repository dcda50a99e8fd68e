//! Every authentic notice, once. Copies only raise a count.

use crate::ground::db::{DbError, Tx, params};
use crate::values::clock::UtcMs;
use crate::values::id::Id;

/// A notice to be kept.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    /// The row's number.
    pub id: Id,
    /// What it says, so that copies are one row.
    pub meaning: &'a str,
    /// The attempt it is about.
    pub out_trade_no: &'a str,
    /// The notice as it came.
    pub body: &'a str,
    /// What became of it.
    pub outcome: &'a str,
}

/// Keeps a notice, or counts one more copy of it.
pub async fn keep(tx: &mut Tx<'_>, notice: Arrived<'_>, now: UtcMs) -> Result<(), DbError> {
    let sql = "update notice_inbox set copies = copies + 1, last_ms = ? where meaning = ?";
    if tx.exec(sql, params![now.0, notice.meaning]).await? == 1 {
        return Ok(());
    }
    let sql = "insert into notice_inbox (id, meaning, out_trade_no, body, outcome, copies, first_ms, last_ms) \
               values (?, ?, ?, ?, ?, 1, ?, ?)";
    let Arrived { id, meaning, out_trade_no, body, outcome } = notice;
    tx.exec(sql, params![id, meaning, out_trade_no, body, outcome, now.0, now.0]).await.map(drop)
}

/// What arrived about an attempt: outcome, copies, first and last time.
pub async fn about(tx: &mut Tx<'_>, number: &str) -> Result<Vec<(String, i64, UtcMs, UtcMs)>, DbError> {
    let sql =
        "select outcome, copies, first_ms, last_ms from notice_inbox where out_trade_no = ? order by id";
    tx.rows(sql, params![number]).await
}
