//! What is still to be done about lines that were bought from the cache: they
//! are to be removed from it, and later to be forgotten. Owns `cart_owed`: a
//! row, written in the orders' transaction, for lines that were bought together.

use std::time::Duration;

use super::taken::Taken;
use crate::ground::db::{Change, DbError, FromRow, Row, Tx, Value, params};
use crate::values::clock::UtcMs;
use crate::values::id::{OrderId, SkuId};

/// How long whoever placed the orders has to remove the lines before others do.
const GRACE: Duration = Duration::from_secs(5);

/// How long lines are known as bought once they are removed: longer than any
/// node may hold them in its hands.
const KEPT: Duration = Duration::from_secs(600);

/// Lines of one row at most, so that its text stays short.
const TOGETHER_MAX: usize = 500;

/// Lines that were bought together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The first of the orders that took them: the row's name.
    pub order_id: OrderId,
    /// The lines.
    pub taken: Vec<Taken>,
}

/// A line as the row's text says it.
type Told = (String, SkuId, String, OrderId);

impl FromRow for Owed {
    fn from_row(row: &mut Row<'_>) -> Result<Owed, DbError> {
        let (order_id, text) = (row.take()?, row.take::<String>()?);
        let told: Vec<Told> = serde_json::from_str(&text)
            .map_err(|error| DbError::Decode { column: 1, problem: error.to_string() })?;
        let taken = told.into_iter().map(|(username, sku_id, stamp, order_id)| Taken {
            username,
            sku_id,
            stamp,
            order_id,
        });
        Ok(Owed { order_id, taken: taken.collect() })
    }
}

/// The rows that lines make which are bought together, each by its first order.
fn together<'t>(bought: &'t [&Taken]) -> impl Iterator<Item = (&'t OrderId, String)> {
    bought.chunks(TOGETHER_MAX).map(|some| {
        let told: Vec<_> =
            some.iter().map(|line| (&line.username, line.sku_id, &line.stamp, &line.order_id)).collect();
        (&some[0].order_id, serde_json::to_string(&told).expect("lines are plain data"))
    })
}

/// Notes that lines which are bought now are to be removed.
pub async fn insert(tx: &mut Tx<'_>, bought: &[&Taken], now: UtcMs) -> Result<(), DbError> {
    let rows = together(bought).map(|(first, told)| [first.into(), told.into(), "0".into(), now.0.into()]);
    let rows: Vec<[Value<'_>; 4]> = rows.collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 4]>::as_slice).collect();
    tx.insert_many("insert into cart_owed (order_id, taken, removed, at_ms)", &rows).await
}

/// The names of the rows that these lines were noted in.
pub fn names(bought: &[&Taken]) -> Vec<OrderId> {
    bought.chunks(TOGETHER_MAX).map(|some| some[0].order_id.clone()).collect()
}

/// Up to `most` rows whose lines should have been removed by now.
pub async fn late(tx: &mut Tx<'_>, now: UtcMs, most: i64) -> Result<Vec<Owed>, DbError> {
    let sql =
        "select order_id, taken from cart_owed where removed = '0' and at_ms <= ? order by at_ms limit ?";
    tx.rows(sql, params![now.minus(GRACE).0, most]).await
}

/// The lines of these rows are removed.
pub async fn removed(tx: &mut Tx<'_>, names: &[OrderId], now: UtcMs) -> Result<(), DbError> {
    let change = Change {
        table: "cart_owed",
        given: &["name", "now"],
        set: "removed = '1', at_ms = :now",
        guard: "order_id = :name",
    };
    let rows: Vec<[Value<'_>; 2]> = names.iter().map(|name| [name.into(), now.0.into()]).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 2]>::as_slice).collect();
    tx.change_each(&change, &rows).await.map(drop)
}

/// Up to `most` rows whose lines were removed long ago.
pub async fn old(tx: &mut Tx<'_>, now: UtcMs, most: i64) -> Result<Vec<Owed>, DbError> {
    let sql =
        "select order_id, taken from cart_owed where removed = '1' and at_ms <= ? order by at_ms limit ?";
    tx.rows(sql, params![now.minus(KEPT).0, most]).await
}

/// Forgets rows; their lines are [forgotten](super::taken::forget) with them.
pub async fn forget(tx: &mut Tx<'_>, old: &[Owed]) -> Result<(), DbError> {
    let names: Vec<Value<'_>> = old.iter().map(|owed| (&owed.order_id).into()).collect();
    tx.exec_in("delete from cart_owed where order_id", &[], &names).await.map(drop)
}
