//! Purchases of SKUs with a limit per buyer. Owns `limited_purchase`: one row per line of an open or
//! paid order that counts against a limit.

use std::collections::BTreeSet;

use crate::domain::clock::UtcMs;
use crate::domain::id::{OrderId, SkuId};
use crate::infra::db::{DbError, Tx, Value, from_row, params};

/// A limit counts per buyer, SKU and sale.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LimitUsage {
    pub username: String,
    pub sku_id: SkuId,
    /// Start of the sale; 0 if the limit is not part of a sale.
    pub sale: UtcMs,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitedPurchase {
    pub account: LimitUsage,
    pub order_id: OrderId,
    pub num: i64,
    /// The limit when the order was placed.
    pub buyer_limit: i64,
}

struct CountedLine {
    account: LimitUsage,
    num: i64,
}

from_row! {
    CountedLine { account: LimitUsage { username, sku_id, sale: sale_ms }, num }
}

const SELECT: &str = "select username, sku_id, sale_ms, num from limited_purchase where";

/// One entry per order line with its number of pieces.
pub async fn list_purchases(
    tx: &mut Tx<'_>,
    accounts: &BTreeSet<LimitUsage>,
) -> Result<Vec<(LimitUsage, i64)>, DbError> {
    let key = |account: &'_ LimitUsage| -> [Value<'static>; 3] {
        [account.username.clone().into(), account.sku_id.into(), account.sale.0.into()]
    };
    let keys: Vec<[Value<'_>; 3]> = accounts.iter().map(key).collect();
    let keys: Vec<&[Value<'_>]> = keys.iter().map(<[_; 3]>::as_slice).collect();
    let lines =
        tx.rows_any::<CountedLine>(SELECT, "username = ? and sku_id = ? and sale_ms = ?", &keys).await?;
    Ok(lines.into_iter().map(|line| (line.account, line.num)).collect())
}

/// Counts the lines of new orders.
pub async fn insert_many(tx: &mut Tx<'_>, purchases: &[&LimitedPurchase]) -> Result<(), DbError> {
    let rows: Vec<[Value<'_>; 6]> = purchases.iter().map(|purchase| row(purchase)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 6]>::as_slice).collect();
    let head = "insert into limited_purchase (username, sku_id, sale_ms, order_id, num, buyer_limit)";
    tx.insert_many(head, &rows).await
}

fn row(purchase: &LimitedPurchase) -> [Value<'_>; 6] {
    let LimitedPurchase { account, order_id, num, buyer_limit } = purchase;
    [
        (&account.username).into(),
        account.sku_id.into(),
        account.sale.0.into(),
        order_id.into(),
        (*num).into(),
        (*buyer_limit).into(),
    ]
}

/// Removes a closed order from the count.
pub async fn delete_for_order(tx: &mut Tx<'_>, order: &OrderId) -> Result<(), DbError> {
    tx.exec("delete from limited_purchase where order_id = ?", params![order]).await.map(drop)
}
