//! Lines of carts in the cache that were bought. Owns `cart_taken`. A row is
//! written in the order's transaction, so a line is bought once however many
//! nodes saw it; it stays until no node can still hold the line in its hands:
//! [`owed`](super::cleanup) says until when.

use std::collections::HashSet;

use super::CartLine;
use crate::domain::id::{OrderId, SkuId};
use crate::infra::db::{DbError, FromRow, Row, Tx, Value, params};

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
pub async fn among(tx: &mut Tx<'_>, lines: &[CartLine]) -> Result<Vec<Taken>, DbError> {
    let keys = keys(lines.iter().map(|line| (line.username.as_str(), line.sku_id, line.stamp.as_str())));
    let keys: Vec<&[Value<'_>]> = keys.iter().map(<[_; 3]>::as_slice).collect();
    tx.rows_any(SELECT, "username = ? and sku_id = ? and stamp = ?", &keys).await
}

/// The lines that are not among `bought`.
pub fn without(lines: Vec<CartLine>, bought: &[Taken]) -> Vec<CartLine> {
    let bought: HashSet<&str> = bought.iter().map(|taken| taken.stamp.as_str()).collect();
    lines.into_iter().filter(|line| !bought.contains(line.stamp.as_str())).collect()
}

/// The stamps of a buyer's bought lines of one SKU.
pub async fn stamps(tx: &mut Tx<'_>, username: &str, sku_id: SkuId) -> Result<Vec<String>, DbError> {
    let sql = "select stamp from cart_taken where username = ? and sku_id = ?";
    let rows = tx.rows::<(String,)>(sql, params![username, sku_id]).await?;
    Ok(rows.into_iter().map(|(stamp,)| stamp).collect())
}

/// Writes down that lines are bought.
pub async fn insert_many(tx: &mut Tx<'_>, bought: &[&Taken]) -> Result<(), DbError> {
    let rows = bought.iter().map(|&Taken { username, sku_id, stamp, order_id }| {
        [username.into(), (*sku_id).into(), stamp.into(), order_id.into()]
    });
    let rows: Vec<[Value<'_>; 4]> = rows.collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 4]>::as_slice).collect();
    tx.insert_many("insert into cart_taken (username, sku_id, stamp, order_id)", &rows).await
}

/// Forgets lines that nobody can still hold.
pub async fn forget(tx: &mut Tx<'_>, old: &[Taken]) -> Result<(), DbError> {
    let keys = keys(old.iter().map(|taken| (taken.username.as_str(), taken.sku_id, taken.stamp.as_str())));
    let keys: Vec<&[Value<'_>]> = keys.iter().map(<[_; 3]>::as_slice).collect();
    tx.exec_any("delete from cart_taken where", "username = ? and sku_id = ? and stamp = ?", &keys)
        .await
        .map(drop)
}
