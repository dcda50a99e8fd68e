//! Orders made by scanning a SKU's own code. Owns `scan_order`: a row is
//! written before its order is placed, and names it, so that every further scan
//! finds it, wherever the first one broke off.

use crate::domain::clock::UtcMs;
use crate::domain::id::{OrderId, SkuId};
use crate::domain::openid::Openid;
use crate::infra::db::{DbError, FromRow, Row, Tx, params};

/// A scan's order, placed or about to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanOrder {
    /// The order's name.
    pub order_id: OrderId,
    /// Who scanned.
    pub openid: Openid,
    /// What.
    pub sku_id: SkuId,
    /// As whom they buy.
    pub username: String,
    /// When it was about to be placed last; `UtcMs(0)` if it was refused then.
    pub tried: UtcMs,
}

impl FromRow for ScanOrder {
    fn from_row(row: &mut Row<'_>) -> Result<ScanOrder, DbError> {
        let (order_id, openid): (_, String) = (row.take()?, row.take()?);
        let openid = Openid::read(&openid)
            .ok_or_else(|| DbError::Decode { column: 1, problem: "it is no openid".to_owned() })?;
        Ok(ScanOrder { order_id, openid, sku_id: row.take()?, username: row.take()?, tried: row.take()? })
    }
}

const COLUMNS: &str = "order_id, openid, sku_id, username, tried_ms";

/// What keeps a payer from having two open orders of one SKU.
fn live_key(openid: &Openid, sku_id: SkuId) -> String {
    format!("{sku_id} {}", openid.as_str())
}

/// The orders of this payer that may still be open.
pub async fn live(tx: &mut Tx<'_>, openid: &Openid) -> Result<Vec<ScanOrder>, DbError> {
    let sql = format!(
        "select {COLUMNS} from scan_order where openid = ? and live_key is not null order by order_id"
    );
    tx.rows(&sql, params![openid.as_str()]).await
}

/// Writes down the order that is about to be placed, be it for the first time or again.
pub async fn reserve(tx: &mut Tx<'_>, scan: &ScanOrder) -> Result<(), DbError> {
    let ScanOrder { order_id, openid, sku_id, username, tried } = scan;
    let again = "update scan_order set username = ?, tried_ms = ? where order_id = ?";
    if tx.exec(again, params![username, tried.0, order_id]).await? == 1 {
        return Ok(());
    }
    let first = "insert into scan_order (order_id, openid, sku_id, username, live_key, tried_ms, created_ms) \
               values (?, ?, ?, ?, ?, ?, ?)";
    let key = live_key(openid, *sku_id);
    tx.exec(first, params![order_id, openid.as_str(), *sku_id, username, key, tried.0, tried.0])
        .await
        .map(drop)
}

/// Notes that it was not placed: it no longer counts as one that may be.
pub async fn refused(tx: &mut Tx<'_>, order: &OrderId) -> Result<(), DbError> {
    tx.exec("update scan_order set tried_ms = 0 where order_id = ?", params![order]).await.map(drop)
}

/// Notes that it waits for payment no more: the next scan is another order.
pub async fn end(tx: &mut Tx<'_>, order: &OrderId) -> Result<(), DbError> {
    tx.exec("update scan_order set live_key = null where order_id = ?", params![order]).await.map(drop)
}

/// A page of those that were written down until `now`, the newest first.
pub async fn newest(tx: &mut Tx<'_>, now: UtcMs, page: i64, size: i64) -> Result<Vec<ScanOrder>, DbError> {
    let sql = format!(
        "select {COLUMNS} from scan_order where created_ms <= ? order by created_ms desc, order_id desc \
         limit ? offset ?"
    );
    tx.rows(&sql, params![now.0, size, (page - 1) * size]).await
}
