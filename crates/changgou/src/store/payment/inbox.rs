//! Every authentic notice, once. Copies only raise a count.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::infra::db::{DbError, RowChange, Tx, Value, params};

/// That this attempt was paid by this payment, in the inbox's words.
pub fn paid(out_trade_no: &str, transaction_id: &str) -> String {
    format!("paid:{out_trade_no}:{transaction_id}")
}

/// A notice to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewNotice<'a> {
    /// The row's number.
    pub id: Id,
    /// What it says, such as [`paid`], so that copies are one row.
    pub meaning: &'a str,
    /// The attempt it is about.
    pub out_trade_no: &'a str,
    /// The notice as it came.
    pub body: &'a str,
    /// What became of it.
    pub outcome: &'a str,
}

/// Keeps notices, each meaning once; of what is there already, or comes more
/// than once, the copies are counted.
pub async fn keep(tx: &mut Tx<'_>, notices: &[NewNotice<'_>], now: UtcMs) -> Result<(), DbError> {
    let mut arrived: BTreeMap<&str, (&NewNotice<'_>, i64)> = BTreeMap::new();
    for notice in notices {
        arrived.entry(notice.meaning).or_insert((notice, 0)).1 += 1;
    }
    let head = "select meaning from notice_inbox where meaning";
    let known: Vec<(String,)> =
        tx.rows_in(head, arrived.keys().map(|meaning| Value::from(*meaning)), "").await?;
    let known: BTreeSet<&str> = known.iter().map(|(meaning,)| meaning.as_str()).collect();
    let (old, new): (Vec<_>, Vec<_>) =
        arrived.into_values().partition(|(one, _)| known.contains(one.meaning));
    count(tx, &old, now).await?;
    insert(tx, &new, now).await
}

async fn count(tx: &mut Tx<'_>, notices: &[(&NewNotice<'_>, i64)], now: UtcMs) -> Result<(), DbError> {
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

/// What arrived about an attempt: outcome, copies, first and last time.
pub async fn about(tx: &mut Tx<'_>, number: &str) -> Result<Vec<(String, i64, UtcMs, UtcMs)>, DbError> {
    // Meanings begin with what it is about, up to a colon; a semicolon is the letter after it.
    let sql = "select outcome, copies, first_ms, last_ms from notice_inbox where meaning > ? and meaning < ? \
               order by id";
    tx.rows(sql, params![format!("paid:{number}:"), format!("paid:{number};")]).await
}
