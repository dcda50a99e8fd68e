//! Points. Owns the ledger `points_entry` and, in `tb_user`, its sum `points` and `points_pending`, the
//! part that was earned with orders that may still close.

use std::collections::BTreeMap;

use crate::domain::clock::UtcMs;
use crate::domain::id::OrderId;
use crate::domain::ledger::LedgerCause;
use crate::infra::db::{DbError, RowChange, Tx, Value, params};

#[derive(Clone, Debug)]
pub struct PointsEntry<'a> {
    pub username: &'a str,
    pub cause: LedgerCause,
    /// The order id, or the id of the adjustment.
    pub reference: &'a str,
    /// Added to the balance; negative when taken.
    pub points: i64,
    /// Added to the part of it that cannot be spent yet.
    pub pending: i64,
}

/// The balance is too low, or the buyer does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointsShort;

/// Rows are locked in the order of usernames.
const MOVE: RowChange<'_> = RowChange {
    table: "tb_user",
    given: &["buyer", "net", "pending"],
    set: "points = points + :net, points_pending = points_pending + :pending",
    guard: "username = :buyer and points + :net >= points_pending + :pending",
};

/// Changes the balances and writes their ledger entries. Each update is guarded, so that no buyer
/// spends more than the spendable points. After `PointsShort` the transaction must be rolled back.
pub async fn apply(
    tx: &mut Tx<'_>,
    entries: &[PointsEntry<'_>],
    now: UtcMs,
) -> Result<Result<(), PointsShort>, DbError> {
    insert_entries(tx, entries, now).await?;
    let nets = net_changes(entries).into_iter();
    let rows: Vec<[Value<'_>; 3]> =
        nets.map(|(name, (earned, pending))| [name.into(), earned.into(), pending.into()]).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 3]>::as_slice).collect();
    let changed = tx.change_each(&MOVE, &rows).await?;
    Ok(if changed == rows.len() as u64 { Ok(()) } else { Err(PointsShort) })
}

/// Makes the points of these orders spendable: the orders are paid and can no longer close. Each is a
/// pair of username and order.
pub async fn make_spendable(tx: &mut Tx<'_>, orders: &[(&str, &OrderId)]) -> Result<(), DbError> {
    let keys: Vec<[Value<'_>; 2]> =
        orders.iter().map(|(name, order)| [(*name).into(), (*order).into()]).collect();
    let keys: Vec<&[Value<'_>]> = keys.iter().map(<[_; 2]>::as_slice).collect();
    let head = "select username, points from points_entry where";
    let clause = "username = ? and kind = 'place' and ref = ?";
    let mut earned: BTreeMap<String, i64> = BTreeMap::new();
    for (username, points) in tx.rows_any::<(String, i64)>(head, clause, &keys).await? {
        *earned.entry(username).or_default() += points;
    }
    let rows: Vec<[Value<'_>; 2]> =
        earned.iter().map(|(name, points)| [name.into(), (*points).into()]).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 2]>::as_slice).collect();
    tx.change_each(&CONFIRM, &rows).await.map(drop)
}

const CONFIRM: RowChange<'_> = RowChange {
    table: "tb_user",
    given: &["buyer", "earned"],
    set: "points_pending = points_pending - :earned",
    guard: "username = :buyer",
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PointsBalance {
    /// Including those that cannot be spent yet.
    pub points: i64,
    /// Without those earned by orders that may still close.
    pub spendable: i64,
}

pub async fn balance(tx: &mut Tx<'_>, username: &str) -> Result<PointsBalance, DbError> {
    let sql = "select points, points - points_pending from tb_user where username = ?";
    let found = tx.row::<(i64, i64)>(sql, params![username]).await?;
    Ok(found.map_or_else(PointsBalance::default, |(points, spendable)| PointsBalance { points, spendable }))
}

pub async fn spendable_balances<'v>(
    tx: &mut Tx<'_>,
    usernames: impl IntoIterator<Item = &'v str>,
) -> Result<Vec<(String, i64)>, DbError> {
    let head = "select username, points - points_pending from tb_user where username";
    tx.rows_in(head, usernames.into_iter().map(Value::from), "").await
}

pub async fn earned_with_order(tx: &mut Tx<'_>, username: &str, order: &str) -> Result<i64, DbError> {
    let sql = "select points from points_entry where username = ? and kind = 'place' and ref = ?";
    Ok(tx.row::<(i64,)>(sql, params![username, order]).await?.map_or(0, |(points,)| points))
}

/// One sum per buyer, in lock order.
fn net_changes<'a>(entries: &[PointsEntry<'a>]) -> BTreeMap<&'a str, (i64, i64)> {
    let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for entry in entries {
        let (points, pending) = sums.entry(entry.username).or_default();
        *points += entry.points;
        *pending += entry.pending;
    }
    sums
}

async fn insert_entries(tx: &mut Tx<'_>, entries: &[PointsEntry<'_>], now: UtcMs) -> Result<(), DbError> {
    let rows: Vec<[Value<'_>; 5]> = entries.iter().map(|entry| row(entry, now)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 5]>::as_slice).collect();
    tx.insert_many("insert into points_entry (username, kind, ref, points, at_ms)", &rows).await
}

fn row<'a>(entry: &PointsEntry<'a>, now: UtcMs) -> [Value<'a>; 5] {
    [
        entry.username.into(),
        entry.cause.word().into(),
        entry.reference.into(),
        entry.points.into(),
        now.0.into(),
    ]
}
