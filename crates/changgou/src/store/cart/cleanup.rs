//! What is still to be done about lines that were bought from the cache: they
//! are to be removed from it, and later to be forgotten. Owns `cart_owed`: a
//! row, written in the orders' transaction, for all that were placed together.

use std::time::Duration;

use super::purchased::Taken;
use crate::domain::clock::UtcMs;
use crate::domain::id::OrderId;
use crate::infra::db::{DbError, FromRow, Row, Tx, Value, params};

/// How long whoever placed the orders has to remove the lines before others do.
const GRACE: Duration = Duration::from_secs(5);

/// How long lines are known as bought once they are removed: longer than any
/// node may hold them in its hands.
const KEPT: Duration = Duration::from_secs(600);

/// Orders of one row at most, so that its text stays short.
const TOGETHER_MAX: usize = 500;

/// Orders that took lines together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingCleanup {
    /// The first of them: the row's name.
    pub order_id: OrderId,
    /// All of them.
    pub orders: Vec<OrderId>,
}

impl FromRow for PendingCleanup {
    fn from_row(row: &mut Row<'_>) -> Result<PendingCleanup, DbError> {
        let (order_id, text) = (row.take()?, row.take::<String>()?);
        let wrong = |error: serde_json::Error| DbError::Decode { column: 1, problem: error.to_string() };
        Ok(PendingCleanup { order_id, orders: serde_json::from_str(&text).map_err(wrong)? })
    }
}

/// Orders that took these lines, in their order, cut into rows.
pub fn together(bought: &[&Taken]) -> Vec<PendingCleanup> {
    let mut orders: Vec<OrderId> = bought.iter().map(|line| line.order_id.clone()).collect();
    orders.dedup();
    orders
        .chunks(TOGETHER_MAX)
        .map(|some| PendingCleanup { order_id: some[0].clone(), orders: some.to_vec() })
        .collect()
}

/// Notes that the lines these orders took are to be removed.
pub async fn insert_many(tx: &mut Tx<'_>, owed: &[PendingCleanup], now: UtcMs) -> Result<(), DbError> {
    let text = |orders: &Vec<OrderId>| serde_json::to_string(orders).expect("names are plain text");
    let rows = owed.iter().map(|PendingCleanup { order_id, orders }| {
        [order_id.into(), text(orders).into(), "0".into(), now.0.into()]
    });
    let rows: Vec<[Value<'_>; 4]> = rows.collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 4]>::as_slice).collect();
    tx.insert_many("insert into cart_owed (order_id, orders, removed, at_ms)", &rows).await
}

/// The lines these orders took, if they are not forgotten.
pub async fn lines(tx: &mut Tx<'_>, owed: &[PendingCleanup]) -> Result<Vec<Taken>, DbError> {
    let head = "select t.username, t.sku_id, t.stamp, t.order_id from tb_order o \
                join tb_order_item i on i.order_id = o.id \
                join cart_taken t on t.username = o.username and t.sku_id = i.sku_id and t.order_id = o.id \
                where o.id";
    tx.rows_in(head, owed.iter().flat_map(|owed| &owed.orders).map(Value::from), "").await
}

/// Up to `most` rows whose lines should have been removed by now.
pub async fn late(tx: &mut Tx<'_>, now: UtcMs, most: i64) -> Result<Vec<PendingCleanup>, DbError> {
    let sql =
        "select order_id, orders from cart_owed where removed = '0' and at_ms <= ? order by at_ms limit ?";
    tx.rows(sql, params![now.minus(GRACE).0, most]).await
}

/// The lines of these rows are removed.
pub async fn removed(tx: &mut Tx<'_>, names: &[OrderId], now: UtcMs) -> Result<(), DbError> {
    let names: Vec<Value<'_>> = names.iter().map(Value::from).collect();
    let head = "update cart_owed set removed = '1', at_ms = ? where order_id";
    tx.exec_in(head, &[now.0.into()], &names).await.map(drop)
}

/// Up to `most` rows whose lines were removed long ago.
pub async fn old(tx: &mut Tx<'_>, now: UtcMs, most: i64) -> Result<Vec<PendingCleanup>, DbError> {
    let sql =
        "select order_id, orders from cart_owed where removed = '1' and at_ms <= ? order by at_ms limit ?";
    tx.rows(sql, params![now.minus(KEPT).0, most]).await
}

/// Forgets rows; their lines are [forgotten](super::purchased::forget) with them.
pub async fn forget(tx: &mut Tx<'_>, old: &[PendingCleanup]) -> Result<(), DbError> {
    let names: Vec<Value<'_>> = old.iter().map(|owed| (&owed.order_id).into()).collect();
    tx.exec_in("delete from cart_owed where order_id", &[], &names).await.map(drop)
}
