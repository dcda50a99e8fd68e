//! Points. Owns `points_entry` and, in `tb_user`, `points`: the sum of the
//! ledger, which is written with it.

use crate::ground::db::{DbError, Tx, Value, params};
use crate::values::clock::UtcMs;
use crate::values::ledger::Cause;

/// A change of one buyer's points.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// The buyer.
    pub username: &'a str,
    /// Why.
    pub cause: Cause,
    /// The order, or the number of the adjustment.
    pub reference: &'a str,
    /// Added to the balance; negative when taken.
    pub points: i64,
}

/// The balance does not allow it, or there is no such buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short;

/// Changes balances, each guarded so that it never falls below zero, and
/// writes the entries that explain them.
pub async fn add(tx: &mut Tx<'_>, entries: &[Entry<'_>], now: UtcMs) -> Result<Result<(), Short>, DbError> {
    let sql = "update tb_user set points = points + ? where username = ? and points + ? >= 0";
    let rows: Vec<[Value<'_>; 3]> =
        nets(entries).into_iter().map(|(name, points)| [points.into(), name.into(), points.into()]).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 3]>::as_slice).collect();
    if tx.exec_each(sql, &rows).await?.iter().any(|changed| *changed != 1) {
        return Ok(Err(Short));
    }
    record(tx, entries, now).await.map(Ok)
}

/// What a buyer has.
pub async fn balance(tx: &mut Tx<'_>, username: &str) -> Result<i64, DbError> {
    let sql = "select points from tb_user where username = ?";
    Ok(tx.row::<(i64,)>(sql, params![username]).await?.map_or(0, |(points,)| points))
}

/// What each of these buyers has.
pub async fn balances<'v>(
    tx: &mut Tx<'_>,
    usernames: impl IntoIterator<Item = &'v str>,
) -> Result<Vec<(String, i64)>, DbError> {
    let head = "select username, points from tb_user where username";
    tx.rows_in(head, usernames.into_iter().map(Value::from), "").await
}

/// What a buyer earned with an order.
pub async fn earned(tx: &mut Tx<'_>, username: &str, order: &str) -> Result<i64, DbError> {
    let sql = "select points from points_entry where username = ? and kind = 'place' and ref = ?";
    Ok(tx.row::<(i64,)>(sql, params![username, order]).await?.map_or(0, |(points,)| points))
}

/// One sum a buyer, in the order of names: the lock order.
fn nets<'a>(entries: &[Entry<'a>]) -> std::collections::BTreeMap<&'a str, i64> {
    let mut sums = std::collections::BTreeMap::new();
    for entry in entries {
        *sums.entry(entry.username).or_insert(0) += entry.points;
    }
    sums.retain(|_, points| *points != 0);
    sums
}

async fn record(tx: &mut Tx<'_>, entries: &[Entry<'_>], now: UtcMs) -> Result<(), DbError> {
    let rows: Vec<[Value<'_>; 5]> = entries.iter().map(|entry| row(entry, now)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 5]>::as_slice).collect();
    tx.insert_many("insert into points_entry (username, kind, ref, points, at_ms)", &rows).await
}

fn row<'a>(entry: &Entry<'a>, now: UtcMs) -> [Value<'a>; 5] {
    [
        entry.username.into(),
        entry.cause.word().into(),
        entry.reference.into(),
        entry.points.into(),
        now.0.into(),
    ]
}
