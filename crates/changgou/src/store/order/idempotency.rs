//! Idempotency keys: a repeated key returns the same order.

use std::collections::BTreeSet;

use crate::domain::clock::UtcMs;
use crate::domain::id::OrderId;
use crate::infra::db::{DbError, Tx, Value, from_row, params};

/// An idempotency key and the order that was placed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    pub username: String,
    /// The key with the scope that it was used in.
    pub text: String,
    /// Hash of the first request with this key.
    pub request_hash: String,
    pub order_id: OrderId,
}

struct StoredKey {
    key: IdempotencyKey,
    expires: UtcMs,
}

from_row! {
    StoredKey {
        key: IdempotencyKey { username, text: key_text, request_hash, order_id },
        expires: expires_ms,
    }
}

const SELECT: &str =
    "select username, key_text, request_hash, order_id, expires_ms from idempotency_key where";

/// Those of these keys (buyer and text) that were used and have not expired. Expired ones are deleted,
/// so that they can be used again.
pub async fn find_used(
    tx: &mut Tx<'_>,
    keys: &BTreeSet<(&str, &str)>,
    now: UtcMs,
) -> Result<Vec<IdempotencyKey>, DbError> {
    let keys: Vec<[Value<'_>; 2]> =
        keys.iter().map(|(name, text)| [(*name).into(), (*text).into()]).collect();
    let keys: Vec<&[Value<'_>]> = keys.iter().map(<[_; 2]>::as_slice).collect();
    let found: Vec<StoredKey> = tx.rows_any(SELECT, "username = ? and key_text = ?", &keys).await?;
    let (used, over): (Vec<StoredKey>, Vec<StoredKey>) =
        found.into_iter().partition(|kept| kept.expires > now);
    for StoredKey { key, .. } in &over {
        delete(tx, &key.username, &key.text).await?;
    }
    Ok(used.into_iter().map(|kept| kept.key).collect())
}

async fn delete(tx: &mut Tx<'_>, username: &str, text: &str) -> Result<(), DbError> {
    let sql = "delete from idempotency_key where username = ? and key_text = ?";
    tx.exec(sql, params![username, text]).await.map(drop)
}

/// Stores keys until `expires`.
pub async fn insert_many(tx: &mut Tx<'_>, keys: &[&IdempotencyKey], expires: UtcMs) -> Result<(), DbError> {
    let rows: Vec<[Value<'_>; 5]> = keys.iter().map(|key| row(key, expires)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 5]>::as_slice).collect();
    let head = "insert into idempotency_key (username, key_text, request_hash, order_id, expires_ms)";
    tx.insert_many(head, &rows).await
}

fn row(key: &IdempotencyKey, expires: UtcMs) -> [Value<'_>; 5] {
    let IdempotencyKey { username, text, request_hash, order_id } = key;
    [username.into(), text.into(), request_hash.into(), order_id.into(), expires.0.into()]
}

/// Deletes a bounded number of expired keys.
pub async fn delete_expired(tx: &mut Tx<'_>, now: UtcMs) -> Result<(), DbError> {
    let over =
        "select username, key_text from idempotency_key where expires_ms < ? order by expires_ms limit 500";
    for (username, text) in tx.rows::<(String, String)>(over, params![now.0]).await? {
        delete(tx, &username, &text).await?;
    }
    Ok(())
}
