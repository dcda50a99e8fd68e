//! Cart lines in Redis that were bought and still have to be removed, and later forgotten. Owns
//! `cart_owed`: one row, inserted in the orders' transaction, for all orders that were placed together.

use std::time::Duration;

use super::purchased::PurchasedLine;
use crate::domain::clock::UtcMs;
use crate::domain::id::OrderId;
use crate::infra::db::{DbError, Tx, Value, from_row, params};

/// How long the node that placed the orders has to remove the lines before another node does.
const GRACE: Duration = Duration::from_secs(5);

/// How long purchased lines are remembered after their removal: longer than any node keeps a cart in
/// memory.
const RETENTION: Duration = Duration::from_secs(600);

/// The most orders in one row, so that its text stays short.
const ORDERS_MAX: usize = 500;

/// Orders placed together, whose cart lines are to be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingCleanup {
    /// The first of the orders; the row's key.
    pub order_id: OrderId,
    pub orders: Vec<OrderId>,
}

from_row! { PendingCleanup { order_id, orders => read_orders(orders) } }

#[expect(clippy::needless_pass_by_value, reason = "the columns of a row are owned")]
fn read_orders(text: String) -> Result<Vec<OrderId>, String> {
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

/// The orders of these lines in their order, split into rows.
pub fn group_orders(bought: &[&PurchasedLine]) -> Vec<PendingCleanup> {
    let mut orders: Vec<OrderId> = bought.iter().map(|line| line.order_id.clone()).collect();
    orders.dedup();
    orders
        .chunks(ORDERS_MAX)
        .map(|orders| PendingCleanup { order_id: orders[0].clone(), orders: orders.to_vec() })
        .collect()
}

/// Records that the purchased lines of these orders are to be removed from the cache.
pub async fn insert_many(tx: &mut Tx<'_>, cleanups: &[PendingCleanup], now: UtcMs) -> Result<(), DbError> {
    let text = |orders: &Vec<OrderId>| serde_json::to_string(orders).expect("names are plain text");
    let rows = cleanups.iter().map(|PendingCleanup { order_id, orders }| {
        [order_id.into(), text(orders).into(), "0".into(), now.0.into()]
    });
    let rows: Vec<[Value<'_>; 4]> = rows.collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 4]>::as_slice).collect();
    tx.insert_many("insert into cart_owed (order_id, orders, removed, at_ms)", &rows).await
}

/// The purchased lines of these orders that are still recorded.
pub async fn list_lines(tx: &mut Tx<'_>, cleanups: &[PendingCleanup]) -> Result<Vec<PurchasedLine>, DbError> {
    let head = "select t.username, t.sku_id, t.stamp, t.order_id from tb_order o \
                join tb_order_item i on i.order_id = o.id \
                join cart_taken t on t.username = o.username and t.sku_id = i.sku_id and t.order_id = o.id \
                where o.id";
    tx.rows_in(head, cleanups.iter().flat_map(|cleanup| &cleanup.orders).map(Value::from), "").await
}

/// Up to `most` rows whose lines should have been removed already.
pub async fn list_overdue(tx: &mut Tx<'_>, now: UtcMs, most: i64) -> Result<Vec<PendingCleanup>, DbError> {
    let sql =
        "select order_id, orders from cart_owed where removed = '0' and at_ms <= ? order by at_ms limit ?";
    tx.rows(sql, params![now.minus(GRACE).0, most]).await
}

pub async fn mark_removed(tx: &mut Tx<'_>, names: &[OrderId], now: UtcMs) -> Result<(), DbError> {
    let names: Vec<Value<'_>> = names.iter().map(Value::from).collect();
    let head = "update cart_owed set removed = '1', at_ms = ? where order_id";
    tx.exec_in(head, &[now.0.into()], &names).await.map(drop)
}

/// Up to `most` rows whose lines were removed more than ten minutes ago.
pub async fn list_expired(tx: &mut Tx<'_>, now: UtcMs, most: i64) -> Result<Vec<PendingCleanup>, DbError> {
    let sql =
        "select order_id, orders from cart_owed where removed = '1' and at_ms <= ? order by at_ms limit ?";
    tx.rows(sql, params![now.minus(RETENTION).0, most]).await
}

/// Deletes rows; the caller deletes their lines with [`super::purchased::delete`].
pub async fn delete(tx: &mut Tx<'_>, old: &[PendingCleanup]) -> Result<(), DbError> {
    let names: Vec<Value<'_>> = old.iter().map(|cleanup| (&cleanup.order_id).into()).collect();
    tx.exec_in("delete from cart_owed where order_id", &[], &names).await.map(drop)
}
