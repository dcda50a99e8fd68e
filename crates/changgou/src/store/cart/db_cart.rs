//! Carts in the database. Owns `cart_line`.

use std::collections::BTreeSet;

use super::{CartLine, LineSelection};
use crate::domain::clock::UtcMs;
use crate::domain::id::SkuId;
use crate::infra::db::{DbError, Tx, Value, from_row, params};

from_row! { CartLine { username, sku_id, num, selected, price_seen, stamp = String::new() } }

const SELECT: &str = "select username, sku_id, num, selected, price_seen from cart_line where";

pub async fn find_lines(tx: &mut Tx<'_>, wanted: &BTreeSet<(&str, SkuId)>) -> Result<Vec<CartLine>, DbError> {
    let keys: Vec<[Value<'_>; 2]> =
        wanted.iter().map(|(username, sku)| [(*username).into(), (*sku).into()]).collect();
    let keys: Vec<&[Value<'_>]> = keys.iter().map(<[_; 2]>::as_slice).collect();
    tx.rows_any(SELECT, "username = ? and sku_id = ?", &keys).await
}

/// The carts of these buyers, each ordered by SKU.
pub async fn list_for_users<'v>(
    tx: &mut Tx<'_>,
    usernames: impl IntoIterator<Item = &'v str>,
) -> Result<Vec<CartLine>, DbError> {
    let head = "select username, sku_id, num, selected, price_seen from cart_line where username";
    tx.rows_in(head, usernames.into_iter().map(Value::from), "order by username, sku_id").await
}

pub async fn find_line(tx: &mut Tx<'_>, username: &str, sku_id: SkuId) -> Result<Option<CartLine>, DbError> {
    tx.row(&format!("{SELECT} username = ? and sku_id = ?"), params![username, sku_id]).await
}

pub async fn count_lines(tx: &mut Tx<'_>, username: &str) -> Result<i64, DbError> {
    let sql = "select count(*) from cart_line where username = ?";
    Ok(tx.required_row::<(i64,)>(sql, params![username]).await?.0)
}

/// Sets the quantity of a SKU and selects the line.
pub async fn set_line(tx: &mut Tx<'_>, line: &CartLine, now: UtcMs) -> Result<(), DbError> {
    let CartLine { username, sku_id, num, price_seen, .. } = line;
    let change =
        "update cart_line set num = ?, price_seen = ?, selected = '1' where username = ? and sku_id = ?";
    if tx.exec(change, params![*num, *price_seen, username, *sku_id]).await? == 1 {
        return Ok(());
    }
    let add = "insert into cart_line (username, sku_id, num, selected, price_seen, added_ms) values (?, ?, ?, '1', ?, ?)";
    tx.exec(add, params![username, *sku_id, *num, *price_seen, now.0]).await.map(drop)
}

/// `false` if the SKU was not in the cart.
pub async fn remove(tx: &mut Tx<'_>, username: &str, sku_id: SkuId) -> Result<bool, DbError> {
    let sql = "delete from cart_line where username = ? and sku_id = ?";
    Ok(tx.exec(sql, params![username, sku_id]).await? == 1)
}

/// Removes lines by buyer, SKU and quantity, and returns how many were found.
pub async fn remove_many(tx: &mut Tx<'_>, bought: &[(&str, SkuId, i64)]) -> Result<u64, DbError> {
    let key = |(username, sku, num): &(&'_ str, SkuId, i64)| -> [Value<'static>; 3] {
        [(*username).to_owned().into(), (*sku).into(), (*num).into()]
    };
    let keys: Vec<[Value<'_>; 3]> = bought.iter().map(key).collect();
    let keys: Vec<&[Value<'_>]> = keys.iter().map(<[_; 3]>::as_slice).collect();
    tx.exec_any("delete from cart_line where", "username = ? and sku_id = ? and num = ?", &keys).await
}

/// `false` if the line is not in the cart.
pub async fn set_selection(
    tx: &mut Tx<'_>,
    username: &str,
    sku_id: SkuId,
    value: LineSelection,
) -> Result<bool, DbError> {
    let sql = "update cart_line set selected = ? where username = ? and sku_id = ?";
    let letter = match value {
        LineSelection::Yes => "1",
        LineSelection::No => "0",
    };
    Ok(tx.exec(sql, params![letter, username, sku_id]).await? == 1)
}
