//! Orders made by scanning a SKU's own code. Owns `scan_order`: a row with the order's id is inserted
//! before the order is placed, so that later scans find it even if the first one was interrupted.

use crate::domain::clock::UtcMs;
use crate::domain::id::{OrderId, SkuId};
use crate::domain::openid::Openid;
use crate::infra::db::{DbError, Tx, from_row, params};

/// The order of a scan, placed or about to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanOrder {
    pub order_id: OrderId,
    pub openid: Openid,
    pub sku_id: SkuId,
    /// The account that the order belongs to.
    pub username: String,
    /// When placing was tried last; `UtcMs(0)` if it was refused.
    pub tried: UtcMs,
}

from_row! { ScanOrder { order_id, openid, sku_id, username, tried: tried_ms } }

const COLUMNS: &str = "order_id, openid, sku_id, username, tried_ms";

/// Unique: a payer has one open order per SKU.
fn open_key(openid: &Openid, sku_id: SkuId) -> String {
    format!("{sku_id} {}", openid.as_str())
}

/// Orders of this payer that may still be open.
pub async fn list_open(tx: &mut Tx<'_>, openid: &Openid) -> Result<Vec<ScanOrder>, DbError> {
    let sql = format!(
        "select {COLUMNS} from scan_order where openid = ? and live_key is not null order by order_id"
    );
    tx.rows(&sql, params![openid.as_str()]).await
}

/// Inserts the row before its order is placed, or updates it for another try.
pub async fn reserve(tx: &mut Tx<'_>, scan: &ScanOrder) -> Result<(), DbError> {
    let ScanOrder { order_id, openid, sku_id, username, tried } = scan;
    let again = "update scan_order set username = ?, tried_ms = ? where order_id = ?";
    if tx.exec(again, params![username, tried.0, order_id]).await? == 1 {
        return Ok(());
    }
    let first = "insert into scan_order (order_id, openid, sku_id, username, live_key, tried_ms, created_ms) \
               values (?, ?, ?, ?, ?, ?, ?)";
    let key = open_key(openid, *sku_id);
    tx.exec(first, params![order_id, openid.as_str(), *sku_id, username, key, tried.0, tried.0])
        .await
        .map(drop)
}

/// Marks the order as not placed; it no longer counts as possibly open.
pub async fn mark_refused(tx: &mut Tx<'_>, order: &OrderId) -> Result<(), DbError> {
    tx.exec("update scan_order set tried_ms = 0 where order_id = ?", params![order]).await.map(drop)
}

/// The order no longer waits for payment; the next scan makes a new one.
pub async fn mark_ended(tx: &mut Tx<'_>, order: &OrderId) -> Result<(), DbError> {
    tx.exec("update scan_order set live_key = null where order_id = ?", params![order]).await.map(drop)
}

/// A page of the scans up to `now`, the newest first; `page` counts from 1.
pub async fn newest_page(
    tx: &mut Tx<'_>,
    now: UtcMs,
    page: i64,
    size: i64,
) -> Result<Vec<ScanOrder>, DbError> {
    let sql = format!(
        "select {COLUMNS} from scan_order where created_ms <= ? order by created_ms desc, order_id desc \
         limit ? offset ?"
    );
    tx.rows(&sql, params![now.0, size, (page - 1) * size]).await
}
