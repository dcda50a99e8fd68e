//! Lines of carts in the cache that were bought. Owns `cart_taken`. A row is
//! written in the order's transaction, so a line is bought once however many
//! nodes saw it; it owes the line's removal from the cache, and stays until no
//! node can still hold the line in its hands.

use std::time::Duration;

use super::Line;
use crate::ground::db::{Change, DbError, FromRow, Row, Tx, Value, params};
use crate::values::clock::UtcMs;
use crate::values::id::{OrderId, SkuId};

/// How long whoever placed the order has to remove the lines before others do.
const GRACE: Duration = Duration::from_secs(5);

/// How long a row stays once its line is removed.
const KEPT: Duration = Duration::from_secs(600);

/// A line that was bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Whose cart it was in.
    pub username: String,
    /// The SKU.
    pub sku_id: SkuId,
    /// The line's stamp.
    pub stamp: String,
    /// The order that took it.
    pub order_id: OrderId,
}

impl FromRow for Taken {
    fn from_row(row: &mut Row<'_>) -> Result<Taken, DbError> {
        Ok(Taken { username: row.take()?, sku_id: row.take()?, stamp: row.take()?, order_id: row.take()? })
    }
}

const SELECT: &str = "select username, sku_id, stamp, order_id from cart_taken where";

fn keys<'v>(of: impl Iterator<Item = (&'v str, SkuId, &'v str)>) -> Vec<[Value<'v>; 3]> {
    of.map(|(username, sku_id, stamp)| [username.into(), sku_id.into(), stamp.into()]).collect()
}

/// Those of the lines that were bought already. To be read after their SKUs
/// were locked: whoever buys the same line locks the same SKU first.
pub async fn among(tx: &mut Tx<'_>, lines: &[Line]) -> Result<Vec<Taken>, DbError> {
    let keys = keys(lines.iter().map(|line| (line.username.as_str(), line.sku_id, line.stamp.as_str())));
    let keys: Vec<&[Value<'_>]> = keys.iter().map(<[_; 3]>::as_slice).collect();
    tx.rows_any(SELECT, "username = ? and sku_id = ? and stamp = ?", &keys).await
}

/// The stamps of a buyer's bought lines of one SKU.
pub async fn stamps(tx: &mut Tx<'_>, username: &str, sku_id: SkuId) -> Result<Vec<String>, DbError> {
    let sql = "select stamp from cart_taken where username = ? and sku_id = ?";
    let rows = tx.rows::<(String,)>(sql, params![username, sku_id]).await?;
    Ok(rows.into_iter().map(|(stamp,)| stamp).collect())
}

/// Writes down that lines are bought and to be removed.
pub async fn insert_many(tx: &mut Tx<'_>, bought: &[&Taken], now: UtcMs) -> Result<(), DbError> {
    let rows = bought.iter().map(|&Taken { username, sku_id, stamp, order_id }| {
        [username.into(), (*sku_id).into(), stamp.into(), order_id.into(), "0".into(), now.0.into()]
    });
    let rows: Vec<[Value<'_>; 6]> = rows.collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 6]>::as_slice).collect();
    let head = "insert into cart_taken (username, sku_id, stamp, order_id, removed, at_ms)";
    tx.insert_many(head, &rows).await
}

/// Up to `most` lines whose removal is owed and late.
pub async fn owed(tx: &mut Tx<'_>, now: UtcMs, most: i64) -> Result<Vec<Taken>, DbError> {
    let sql = "select username, sku_id, stamp, order_id from cart_taken \
               where removed = '0' and at_ms <= ? order by at_ms limit ?";
    tx.rows(sql, params![now.minus(GRACE).0, most]).await
}

/// The lines are removed.
pub async fn removed(tx: &mut Tx<'_>, gone: &[Taken], now: UtcMs) -> Result<(), DbError> {
    let change = Change {
        table: "cart_taken",
        given: &["buyer", "sku", "mark", "now"],
        set: "removed = '1', at_ms = :now",
        guard: "username = :buyer and sku_id = :sku and stamp = :mark",
    };
    let rows = gone.iter().map(|Taken { username, sku_id, stamp, .. }| {
        [username.into(), (*sku_id).into(), stamp.into(), now.0.into()]
    });
    let rows: Vec<[Value<'_>; 4]> = rows.collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 4]>::as_slice).collect();
    tx.change_each(&change, &rows).await.map(drop)
}

/// Whether there are lines that were removed long ago.
pub async fn any_old(tx: &mut Tx<'_>, now: UtcMs) -> Result<bool, DbError> {
    let sql = "select stamp from cart_taken where removed = '1' and at_ms <= ? limit 1";
    Ok(tx.row::<(String,)>(sql, params![now.minus(KEPT).0]).await?.is_some())
}

/// Forgets up to `most` lines that were removed long ago.
pub async fn forget(tx: &mut Tx<'_>, now: UtcMs, most: i64) -> Result<usize, DbError> {
    let sql = "select username, sku_id, stamp, order_id from cart_taken \
               where removed = '1' and at_ms <= ? order by at_ms limit ?";
    let old = tx.rows::<Taken>(sql, params![now.minus(KEPT).0, most]).await?;
    let keys = keys(old.iter().map(|taken| (taken.username.as_str(), taken.sku_id, taken.stamp.as_str())));
    let keys: Vec<&[Value<'_>]> = keys.iter().map(<[_; 3]>::as_slice).collect();
    tx.exec_any("delete from cart_taken where", "username = ? and sku_id = ? and stamp = ?", &keys).await?;
    Ok(old.len())
}
