//! SKUs that come from elsewhere, many at a time.

use super::{COLUMNS, Sku, fact_values, sale_values, search};
use crate::domain::clock::UtcMs;
use crate::infra::db::{DbError, RowChange, Tx, Value};

/// A SKU that comes from elsewhere, with what its table keeps and the shop does not use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedSku {
    /// The SKU.
    pub sku: Sku,
    /// Paths of more pictures, as the seed keeps them.
    pub images: Option<String>,
    /// When it was made there.
    pub created: Option<UtcMs>,
}

/// Puts new SKUs up, with no stock yet.
///
/// # Errors
/// [`DbError::Unique`] if a number is taken.
pub async fn insert_many(tx: &mut Tx<'_>, arrivals: &[&ImportedSku], now: UtcMs) -> Result<(), DbError> {
    let rows: Vec<Vec<Value<'_>>> = arrivals.iter().map(|arrival| inserted(arrival, now)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(Vec::as_slice).collect();
    let head = format!("insert into tb_sku ({COLUMNS}, images, create_time, update_time)");
    tx.insert_many(&head, &rows).await?;
    let skus: Vec<&Sku> = arrivals.iter().map(|arrival| &arrival.sku).collect();
    search::add(tx, &skus).await
}

fn inserted(arrival: &ImportedSku, now: UtcMs) -> Vec<Value<'_>> {
    let ImportedSku { sku, images, created } = arrival;
    let mut row = vec![sku.id.into(), sku.price.into(), Value::Int(0), Value::Int(0)];
    row.push(sku.shelf.letter().into());
    row.extend(sale_values(sku.sale));
    row.extend(fact_values(&sku.facts));
    row.extend([images.as_deref().into(), created.unwrap_or(now).into(), Value::from(now)]);
    row
}

/// Everything the shop knows about a SKU but its stock.
const CHANGE: RowChange<'_> = RowChange {
    table: "tb_sku",
    given: &[
        "price",
        "status",
        "buyer_limit",
        "sale_from_ms",
        "sale_to_ms",
        "sn",
        "name",
        "name_en",
        "caption",
        "caption_en",
        "alert_num",
        "image",
        "weight",
        "spu_id",
        "category_id",
        "category_name",
        "brand_name",
        "spec",
        "comment_num",
        "at",
        "id",
    ],
    set: "price = :price, status = :status, buyer_limit = :buyer_limit, sale_from_ms = :sale_from_ms, \
          sale_to_ms = :sale_to_ms, sn = :sn, name = :name, name_en = :name_en, caption = :caption, \
          caption_en = :caption_en, alert_num = :alert_num, image = :image, weight = :weight, spu_id = :spu_id, \
          category_id = :category_id, category_name = :category_name, brand_name = :brand_name, spec = :spec, \
          comment_num = :comment_num, update_time = :at",
    guard: "id = :id",
};

/// Changes everything about SKUs but their stock.
///
/// # Errors
/// [`DbError::NoRow`] if one is not there.
pub async fn update_many(tx: &mut Tx<'_>, skus: &[&Sku], now: UtcMs) -> Result<(), DbError> {
    let rows: Vec<Vec<Value<'_>>> = skus.iter().map(|sku| changed(sku, now)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(Vec::as_slice).collect();
    if tx.change_each(&CHANGE, &rows).await? != rows.len() as u64 {
        return Err(DbError::NoRow);
    }
    search::index_again(tx, skus).await
}

fn changed(sku: &Sku, now: UtcMs) -> Vec<Value<'_>> {
    let mut row = vec![sku.price.into(), sku.shelf.letter().into()];
    row.extend(sale_values(sku.sale));
    row.extend(fact_values(&sku.facts));
    row.extend([Value::from(now), sku.id.into()]);
    row
}
