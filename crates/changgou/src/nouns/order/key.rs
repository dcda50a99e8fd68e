//! Keys of requests that were answered: the same key gives the same order.

use crate::ground::db::{DbError, FromRow, Row, Tx, Value, params};
use crate::values::clock::UtcMs;
use crate::values::id::OrderId;

/// A key and the order it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Whose key.
    pub username: String,
    /// The key itself, with the scope it was used in.
    pub text: String,
    /// Hash of the request it was first used with.
    pub request_hash: String,
    /// The order that was placed.
    pub order_id: OrderId,
}

impl FromRow for Key {
    fn from_row(row: &mut Row<'_>) -> Result<Key, DbError> {
        Ok(Key { username: row.take()?, text: row.take()?, request_hash: row.take()?, order_id: row.take()? })
    }
}

/// The key of this buyer, if it was used and is still remembered.
pub async fn find(tx: &mut Tx<'_>, username: &str, text: &str, now: UtcMs) -> Result<Option<Key>, DbError> {
    let sql = "select username, key_text, request_hash, order_id from idempotency_key \
               where username = ? and key_text = ? and expires_ms > ?";
    tx.row(sql, params![username, text, now.0]).await
}

/// Remembers keys until `expires`. One whose time is over makes room for its successor.
pub async fn insert_many(tx: &mut Tx<'_>, keys: &[Key], now: UtcMs, expires: UtcMs) -> Result<(), DbError> {
    let sql = "delete from idempotency_key where username = ? and key_text = ? and expires_ms <= ?";
    for key in keys {
        tx.exec(sql, params![&key.username, &key.text, now.0]).await?;
    }
    let row = |key: &'_ Key| -> [Value<'static>; 5] {
        let [username, text, hash] =
            [&key.username, &key.text, &key.request_hash].map(|text| text.clone().into());
        [username, text, hash, key.order_id.0.clone().into(), expires.0.into()]
    };
    let rows: Vec<[Value<'_>; 5]> = keys.iter().map(row).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 5]>::as_slice).collect();
    let head = "insert into idempotency_key (username, key_text, request_hash, order_id, expires_ms)";
    tx.insert_many(head, &rows).await
}

/// Forgets keys whose time is over, a bounded number at a time.
pub async fn forget_expired(tx: &mut Tx<'_>, now: UtcMs) -> Result<(), DbError> {
    let over =
        "select username, key_text from idempotency_key where expires_ms < ? order by expires_ms limit 500";
    for (username, text) in tx.rows::<(String, String)>(over, params![now.0]).await? {
        let sql = "delete from idempotency_key where username = ? and key_text = ?";
        tx.exec(sql, params![username, text]).await?;
    }
    Ok(())
}
