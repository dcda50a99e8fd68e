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
    /// Added to the number of the buyer's orders that are open and brought no money yet.
    pub open: i64,
}

/// The balance is too low, or the buyer does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointsShort;

/// Rows are locked in the order of usernames.
const MOVE: RowChange<'_> = RowChange {
    table: "tb_user",
    given: &["buyer", "net", "pending", "open"],
    set: "points = points + :net, points_pending = points_pending + :pending, open_orders = open_orders + :open",
    guard: "username = :buyer and points + :net >= points_pending + :pending",
};

/// Changes the balances and writes a ledger entry for each that moves points. Each update is guarded, so that no buyer
/// spends more than the spendable points. After `PointsShort` the transaction must be rolled back.
pub async fn apply(
    tx: &mut Tx<'_>,
    entries: &[PointsEntry<'_>],
    now: UtcMs,
) -> Result<Result<(), PointsShort>, DbError> {
    insert_entries(tx, entries, now).await?;
    let nets = net_changes(entries);
    // An order of the Java shop may be of nobody: there is no number of open orders to change.
    let moves_points = nets.values().any(|net| (net.points, net.pending) != (0, 0));
    let rows: Vec<[Value<'_>; 4]> = nets
        .into_iter()
        .map(|(name, net)| [name.into(), net.points.into(), net.pending.into(), net.open.into()])
        .collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 4]>::as_slice).collect();
    let changed = tx.change_each(&MOVE, &rows).await?;
    Ok(if changed == rows.len() as u64 || !moves_points { Ok(()) } else { Err(PointsShort) })
}

/// Makes the points of these orders spendable: the orders brought their money and are no longer open.
/// Each is a pair of username and order.
pub async fn make_spendable(tx: &mut Tx<'_>, orders: &[(&str, &OrderId)]) -> Result<(), DbError> {
    let keys: Vec<[Value<'_>; 2]> =
        orders.iter().map(|(name, order)| [(*name).into(), (*order).into()]).collect();
    let keys: Vec<&[Value<'_>]> = keys.iter().map(<[_; 2]>::as_slice).collect();
    let head = "select username, points from points_entry where";
    let clause = "username = ? and kind = 'place' and ref = ?";
    let mut buyers: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for (username, _) in orders {
        buyers.entry((*username).to_owned()).or_default().1 += 1;
    }
    for (username, points) in tx.rows_any::<(String, i64)>(head, clause, &keys).await? {
        buyers.entry(username).or_default().0 += points;
    }
    let rows: Vec<[Value<'_>; 3]> = buyers
        .iter()
        .map(|(name, (earned, count))| [name.into(), (*earned).into(), (*count).into()])
        .collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 3]>::as_slice).collect();
    tx.change_each(&CONFIRM, &rows).await.map(drop)
}

const CONFIRM: RowChange<'_> = RowChange {
    table: "tb_user",
    given: &["buyer", "earned", "count"],
    set: "points_pending = points_pending - :earned, open_orders = open_orders - :count",
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

/// Usernames with their spendable points and the number of their open orders that brought no money yet.
pub async fn standings<'v>(
    tx: &mut Tx<'_>,
    usernames: impl IntoIterator<Item = &'v str>,
) -> Result<Vec<(String, i64, i64)>, DbError> {
    let head = "select username, points - points_pending, open_orders from tb_user where username";
    tx.rows_in(head, usernames.into_iter().map(Value::from), "").await
}

pub async fn earned_with_order(tx: &mut Tx<'_>, username: &str, order: &str) -> Result<i64, DbError> {
    let sql = "select points from points_entry where username = ? and kind = 'place' and ref = ?";
    Ok(tx.row::<(i64,)>(sql, params![username, order]).await?.map_or(0, |(points,)| points))
}

/// One sum per buyer, in lock order.
fn net_changes<'a>(entries: &[PointsEntry<'a>]) -> BTreeMap<&'a str, NetChange> {
    let mut sums: BTreeMap<&str, NetChange> = BTreeMap::new();
    for entry in entries {
        let net = sums.entry(entry.username).or_default();
        net.points += entry.points;
        net.pending += entry.pending;
        net.open += entry.open;
    }
    sums
}

#[derive(Default)]
struct NetChange {
    points: i64,
    pending: i64,
    open: i64,
}

async fn insert_entries(tx: &mut Tx<'_>, entries: &[PointsEntry<'_>], now: UtcMs) -> Result<(), DbError> {
    let entries = entries.iter().filter(|entry| entry.points != 0);
    let rows: Vec<[Value<'_>; 5]> = entries.map(|entry| row(entry, now)).collect();
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
