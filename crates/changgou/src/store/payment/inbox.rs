//! Every authentic notice, stored once; copies are counted.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::infra::db::{DbError, RowChange, Tx, Value, params};

/// The meaning of a notice that this payment paid this attempt.
pub fn payment_meaning(out_trade_no: &str, transaction_id: &str) -> String {
    format!("paid:{out_trade_no}:{transaction_id}")
}

/// A notice to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewNotice<'a> {
    pub id: Id,
    /// What it says, such as [`payment_meaning`]; copies have the same meaning.
    pub meaning: &'a str,
    pub out_trade_no: &'a str,
    /// The notice as it was received.
    pub body: &'a str,
    pub outcome: &'a str,
}

/// Stores notices, one row per meaning, and counts their copies.
pub async fn store(tx: &mut Tx<'_>, notices: &[NewNotice<'_>], now: UtcMs) -> Result<(), DbError> {
    let mut by_meaning: BTreeMap<&str, (&NewNotice<'_>, i64)> = BTreeMap::new();
    for notice in notices {
        by_meaning.entry(notice.meaning).or_insert((notice, 0)).1 += 1;
    }
    let head = "select meaning from notice_inbox where meaning";
    let stored: Vec<(String,)> =
        tx.rows_in(head, by_meaning.keys().map(|meaning| Value::from(*meaning)), "").await?;
    let stored: BTreeSet<&str> = stored.iter().map(|(meaning,)| meaning.as_str()).collect();
    let (old, new): (Vec<_>, Vec<_>) =
        by_meaning.into_values().partition(|(one, _)| stored.contains(one.meaning));
    count_copies(tx, &old, now).await?;
    insert(tx, &new, now).await
}

async fn count_copies(tx: &mut Tx<'_>, notices: &[(&NewNotice<'_>, i64)], now: UtcMs) -> Result<(), DbError> {
    let change = RowChange {
        table: "notice_inbox",
        given: &["said", "more", "now"],
        set: "copies = copies + :more, last_ms = :now",
        guard: "meaning = :said",
    };
    let rows: Vec<[Value<'_>; 3]> =
        notices.iter().map(|(one, count)| [one.meaning.into(), (*count).into(), now.0.into()]).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 3]>::as_slice).collect();
    tx.change_each(&change, &rows).await.map(drop)
}

async fn insert(tx: &mut Tx<'_>, notices: &[(&NewNotice<'_>, i64)], now: UtcMs) -> Result<(), DbError> {
    let rows: Vec<[Value<'_>; 8]> = notices.iter().map(|(one, count)| row(one, *count, now)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 8]>::as_slice).collect();
    let head =
        "insert into notice_inbox (id, meaning, out_trade_no, body, outcome, copies, first_ms, last_ms)";
    tx.insert_many(head, &rows).await
}

fn row<'a>(notice: &NewNotice<'a>, copies: i64, now: UtcMs) -> [Value<'a>; 8] {
    let NewNotice { id, meaning, out_trade_no, body, outcome } = *notice;
    [
        id.into(),
        meaning.into(),
        out_trade_no.into(),
        body.into(),
        outcome.into(),
        copies.into(),
        now.0.into(),
        now.0.into(),
    ]
}

/// The notices about an attempt: outcome, copies, first and last time.
pub async fn list_for_attempt(
    tx: &mut Tx<'_>,
    number: &str,
) -> Result<Vec<(String, i64, UtcMs, UtcMs)>, DbError> {
    // Meanings begin with what it is about, up to a colon; a semicolon is the letter after it.
    let sql = "select outcome, copies, first_ms, last_ms from notice_inbox where meaning > ? and meaning < ? \
               order by id";
    tx.rows(sql, params![format!("paid:{number}:"), format!("paid:{number};")]).await
}
