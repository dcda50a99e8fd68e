//! What buyers have of SKUs that are limited. Owns `limited_purchase`: a row
//! for each line of an open or paid order that counts against a limit.

use std::collections::BTreeSet;

use crate::domain::clock::UtcMs;
use crate::domain::id::{OrderId, SkuId};
use crate::infra::db::{DbError, FromRow, Row, Tx, Value, params};

/// What a limit counts: the pieces of a SKU one buyer has had since a sale began.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LimitUsage {
    /// The buyer.
    pub username: String,
    /// The SKU.
    pub sku_id: SkuId,
    /// When the sale began; 0 where the limit is without a sale.
    pub sale: UtcMs,
}

/// An order line that counts against a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitedPurchase {
    /// Whom and what it counts for.
    pub account: LimitUsage,
    /// The order.
    pub order_id: OrderId,
    /// Pieces.
    pub num: i64,
    /// The limit in force.
    pub buyer_limit: i64,
}

impl FromRow for (LimitUsage, i64) {
    fn from_row(row: &mut Row<'_>) -> Result<Self, DbError> {
        let account = LimitUsage { username: row.take()?, sku_id: row.take()?, sale: row.take()? };
        Ok((account, row.take()?))
    }
}

const SELECT: &str = "select username, sku_id, sale_ms, num from limited_purchase where";

/// The pieces of each order line of these accounts; a limit bounds how many there are.
pub async fn pieces(
    tx: &mut Tx<'_>,
    accounts: &BTreeSet<LimitUsage>,
) -> Result<Vec<(LimitUsage, i64)>, DbError> {
    let key = |account: &'_ LimitUsage| -> [Value<'static>; 3] {
        [account.username.clone().into(), account.sku_id.into(), account.sale.0.into()]
    };
    let keys: Vec<[Value<'_>; 3]> = accounts.iter().map(key).collect();
    let keys: Vec<&[Value<'_>]> = keys.iter().map(<[_; 3]>::as_slice).collect();
    tx.rows_any(SELECT, "username = ? and sku_id = ? and sale_ms = ?", &keys).await
}

/// Counts fresh order lines.
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

/// Counts an order no longer: it was closed.
pub async fn forget(tx: &mut Tx<'_>, order: &OrderId) -> Result<(), DbError> {
    tx.exec("delete from limited_purchase where order_id = ?", params![order]).await.map(drop)
}
