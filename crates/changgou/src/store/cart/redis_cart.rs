//! Carts in Redis: a hash `Cart_<username>` with one field per SKU that holds the line as JSON. Each
//! write gives the line a new stamp, which tells whether it is still the line that was bought.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::purchased::PurchasedLine;
use super::{CartLine, LineSelection};
use crate::domain::clock::UtcMs;
use crate::domain::id::SkuId;
use crate::domain::limits::{CART_LINES_MAX, LINE_NUM_MAX};
use crate::domain::money::Fen;
use crate::infra::cache::{Cache, CacheError, HashFields, SetOutcome};
use crate::infra::secret::random_hex;

/// How often a change is tried while others change the same line.
const TRIES: usize = 10;

/// The JSON of a field.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct StoredLine {
    num: i64,
    selected: bool,
    price_seen: i64,
    added_ms: i64,
    stamp: String,
}

impl StoredLine {
    fn parse(text: &str) -> Option<StoredLine> {
        serde_json::from_str(text).ok()
    }

    fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a line is plain data")
    }
}

/// The new quantity of a SKU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetQuantity {
    /// Exactly this many.
    Is(i64),
    /// This many more than the cart has.
    More(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityOutcome {
    Done,
    /// The cart has the maximum number of lines.
    Full,
    /// The quantity would exceed the maximum of a line.
    TooMany,
}

fn key(username: &str) -> String {
    format!("Cart_{username}")
}

/// The lines of these carts in one round trip, each cart ordered by SKU: those of the given SKUs, or
/// all for `None`.
pub async fn list_lines(
    cache: &Cache,
    wanted: &BTreeMap<&str, Option<Vec<SkuId>>>,
) -> Result<Vec<CartLine>, CacheError> {
    let which = |skus: &Option<Vec<SkuId>>| match skus {
        None => HashFields::All,
        Some(skus) => HashFields::Of(skus.iter().map(SkuId::to_string).collect()),
    };
    let keys: Vec<_> = wanted
        .iter()
        .filter(|(_, skus)| skus.as_ref().is_none_or(|skus| !skus.is_empty()))
        .map(|(username, skus)| (*username, (key(username), which(skus))))
        .collect();
    let (names, keys): (Vec<&str>, Vec<(String, HashFields)>) = keys.into_iter().unzip();
    let carts = names.into_iter().zip(cache.hash_fields(&keys).await?);
    Ok(carts.flat_map(|(username, fields)| read_cart(username, fields)).collect())
}

/// One cart, ordered by SKU. Fields that cannot be read are skipped.
fn read_cart(username: &str, fields: Vec<(String, String)>) -> Vec<CartLine> {
    let line = |(field, text): (String, String)| {
        let (sku_id, kept) = (field.parse().ok()?, StoredLine::parse(&text)?);
        let StoredLine { num, selected, price_seen, stamp, .. } = kept;
        let username = username.to_owned();
        Some(CartLine { username, sku_id, num, selected, price_seen: Fen(price_seen), stamp })
    };
    let mut lines: Vec<CartLine> = fields.into_iter().filter_map(line).collect();
    lines.sort_unstable_by_key(|line| line.sku_id);
    lines
}

pub async fn count_lines(cache: &Cache, username: &str) -> Result<i64, CacheError> {
    cache.count_fields(&key(username)).await
}

/// Adds a SKU and selects it. A line whose stamp is in `bought` counts as absent: it was purchased and
/// is not removed yet.
pub async fn set_quantity(
    cache: &Cache,
    (username, sku_id): (&str, SkuId),
    num: SetQuantity,
    price_seen: Fen,
    bought: &[String],
    now: UtcMs,
) -> Result<QuantityOutcome, CacheError> {
    let (key, field) = (key(username), sku_id.to_string());
    for _ in 0..TRIES {
        let text = read_field(cache, &key, &field).await?;
        let there = text.as_deref().and_then(StoredLine::parse).filter(|kept| !bought.contains(&kept.stamp));
        let num = match num {
            SetQuantity::Is(num) => num,
            SetQuantity::More(num) => there.as_ref().map_or(0, |kept| kept.num) + num,
        };
        if num > LINE_NUM_MAX {
            return Ok(QuantityOutcome::TooMany);
        }
        let added_ms = there.map_or(now.0, |kept| kept.added_ms);
        let kept =
            StoredLine { num, selected: true, price_seen: price_seen.0, added_ms, stamp: random_hex(8) };
        match cache.set_field((&key, &field), text.as_deref(), &kept.to_json(), CART_LINES_MAX).await? {
            SetOutcome::Done => return Ok(QuantityOutcome::Done),
            SetOutcome::Full => return Ok(QuantityOutcome::Full),
            SetOutcome::Changed => {}
        }
    }
    Err(CacheError::Refused("a cart line changes all the time".to_owned()))
}

async fn read_field(cache: &Cache, key: &str, field: &str) -> Result<Option<String>, CacheError> {
    let found = cache.hash_fields(&[(key.to_owned(), HashFields::Of(vec![field.to_owned()]))]).await?;
    Ok(found.into_iter().flatten().map(|(_, text)| text).next())
}

/// Overwrites lines, for test data.
pub async fn overwrite_lines(cache: &Cache, all: &[(String, SkuId)], now: UtcMs) -> Result<(), CacheError> {
    let text = || {
        StoredLine { num: 1, selected: true, price_seen: 0, added_ms: now.0, stamp: random_hex(8) }.to_json()
    };
    let mut carts: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (username, sku_id) in all {
        carts.entry(key(username)).or_default().push((sku_id.to_string(), text()));
    }
    cache.set_fields(&carts.into_iter().collect::<Vec<_>>()).await
}

/// A SKU that is not in the cart is not an error.
pub async fn remove(cache: &Cache, username: &str, sku_id: SkuId) -> Result<(), CacheError> {
    cache.delete_field(&key(username), &sku_id.to_string()).await
}

/// `false` if the line is not in the cart. The stamp stays the same.
pub async fn set_selection(
    cache: &Cache,
    username: &str,
    sku_id: SkuId,
    value: LineSelection,
) -> Result<bool, CacheError> {
    let (key, field) = (key(username), sku_id.to_string());
    for _ in 0..TRIES {
        let Some(text) = read_field(cache, &key, &field).await? else { return Ok(false) };
        let Some(kept) = StoredLine::parse(&text) else { return Ok(false) };
        let kept = StoredLine { selected: value == LineSelection::Yes, ..kept };
        match cache.set_field((&key, &field), Some(&text), &kept.to_json(), usize::MAX).await? {
            SetOutcome::Done => return Ok(true),
            SetOutcome::Full | SetOutcome::Changed => {}
        }
    }
    Err(CacheError::Refused("a cart line changes all the time".to_owned()))
}

/// Removes purchased lines in one round trip. Lines that were added again since have another stamp and
/// stay. Idempotent.
pub async fn remove_purchased<'t>(
    cache: &Cache,
    bought: impl IntoIterator<Item = &'t PurchasedLine>,
) -> Result<(), CacheError> {
    let mut carts: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for taken in bought {
        let mark = format!("\"stamp\":\"{}\"", taken.stamp);
        carts.entry(key(&taken.username)).or_default().push((taken.sku_id.to_string(), mark));
    }
    cache.delete_marked_fields(&carts.into_iter().collect::<Vec<_>>()).await
}
