//! Cart lines in Redis that were bought. Owns `cart_taken`. A row is inserted in the order's
//! transaction, so a line is bought once even if several nodes have read it. [`super::cleanup`] deletes
//! the row when no node can still have the line in memory.

use std::collections::HashSet;

use super::CartLine;
use crate::domain::id::{OrderId, SkuId};
use crate::infra::db::{DbError, Tx, Value, from_row, params};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchasedLine {
    pub username: String,
    pub sku_id: SkuId,
    pub stamp: String,
    /// The order that includes the line.
    pub order_id: OrderId,
}

from_row! { PurchasedLine { username, sku_id, stamp, order_id } }

const SELECT: &str = "select username, sku_id, stamp, order_id from cart_taken where";

fn keys<'v>(of: impl Iterator<Item = (&'v str, SkuId, &'v str)>) -> Vec<[Value<'v>; 3]> {
    of.map(|(username, sku_id, stamp)| [username.into(), sku_id.into(), stamp.into()]).collect()
}

/// Those of the lines that were purchased already. Read them after locking their SKUs: a transaction
/// that buys the same line locks the same SKU first.
pub async fn find_purchased(tx: &mut Tx<'_>, lines: &[CartLine]) -> Result<Vec<PurchasedLine>, DbError> {
    let keys = keys(lines.iter().map(|line| (line.username.as_str(), line.sku_id, line.stamp.as_str())));
    let keys: Vec<&[Value<'_>]> = keys.iter().map(<[_; 3]>::as_slice).collect();
    tx.rows_any(SELECT, "username = ? and sku_id = ? and stamp = ?", &keys).await
}

/// The lines that are not among `bought`.
pub fn exclude_purchased(lines: Vec<CartLine>, bought: &[PurchasedLine]) -> Vec<CartLine> {
    let bought: HashSet<&str> = bought.iter().map(|taken| taken.stamp.as_str()).collect();
    lines.into_iter().filter(|line| !bought.contains(line.stamp.as_str())).collect()
}

/// The stamps of a buyer's purchased lines of one SKU.
pub async fn list_stamps(tx: &mut Tx<'_>, username: &str, sku_id: SkuId) -> Result<Vec<String>, DbError> {
    let sql = "select stamp from cart_taken where username = ? and sku_id = ?";
    let rows = tx.rows::<(String,)>(sql, params![username, sku_id]).await?;
    Ok(rows.into_iter().map(|(stamp,)| stamp).collect())
}

pub async fn insert_many(tx: &mut Tx<'_>, bought: &[&PurchasedLine]) -> Result<(), DbError> {
    let rows = bought.iter().map(|&PurchasedLine { username, sku_id, stamp, order_id }| {
        [username.into(), (*sku_id).into(), stamp.into(), order_id.into()]
    });
    let rows: Vec<[Value<'_>; 4]> = rows.collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 4]>::as_slice).collect();
    tx.insert_many("insert into cart_taken (username, sku_id, stamp, order_id)", &rows).await
}

/// Deletes lines that no node can still have in memory.
pub async fn delete(tx: &mut Tx<'_>, old: &[PurchasedLine]) -> Result<(), DbError> {
    let keys = keys(old.iter().map(|taken| (taken.username.as_str(), taken.sku_id, taken.stamp.as_str())));
    let keys: Vec<&[Value<'_>]> = keys.iter().map(<[_; 3]>::as_slice).collect();
    tx.exec_any("delete from cart_taken where", "username = ? and sku_id = ? and stamp = ?", &keys)
        .await
        .map(drop)
}
