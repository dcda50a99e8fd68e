//! Importing SKUs in bulk.

use super::{COLUMNS, Sku, fact_values, sale_values, search};
use crate::domain::clock::UtcMs;
use crate::infra::db::{DbError, RowChange, Tx, Value};

/// A SKU from another system, with the columns that the shop stores but does not use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedSku {
    pub sku: Sku,
    /// Paths of more pictures, in the Java shop's format.
    pub images: Option<String>,
    pub created: Option<UtcMs>,
}

/// Inserts new SKUs without stock.
///
/// # Errors
///
/// [`DbError::Unique`] if an id is taken.
pub async fn insert_many(tx: &mut Tx<'_>, imported: &[&ImportedSku], now: UtcMs) -> Result<(), DbError> {
    let rows: Vec<Vec<Value<'_>>> = imported.iter().map(|sku| insert_row(sku, now)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(Vec::as_slice).collect();
    let head = format!("insert into tb_sku ({COLUMNS}, images, create_time, update_time)");
    tx.insert_many(&head, &rows).await?;
    let skus: Vec<&Sku> = imported.iter().map(|sku| &sku.sku).collect();
    search::insert_terms(tx, &skus).await
}

fn insert_row(sku: &ImportedSku, now: UtcMs) -> Vec<Value<'_>> {
    let ImportedSku { sku, images, created } = sku;
    let mut row = vec![sku.id.into(), sku.price.into(), Value::Int(0), Value::Int(0)];
    row.push(sku.shelf.word().into());
    row.extend(sale_values(sku.sale));
    row.extend(fact_values(&sku.facts));
    row.extend([images.as_deref().into(), created.unwrap_or(now).into(), Value::from(now)]);
    row
}

/// All columns of a SKU except its stock.
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

/// Updates SKUs except for their stock.
///
/// # Errors
///
/// [`DbError::NoRow`] if one does not exist.
pub async fn update_many(tx: &mut Tx<'_>, skus: &[&Sku], now: UtcMs) -> Result<(), DbError> {
    let rows: Vec<Vec<Value<'_>>> = skus.iter().map(|sku| update_row(sku, now)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(Vec::as_slice).collect();
    if tx.change_each(&CHANGE, &rows).await? != rows.len() as u64 {
        return Err(DbError::NoRow);
    }
    search::index_many(tx, skus).await
}

fn update_row(sku: &Sku, now: UtcMs) -> Vec<Value<'_>> {
    let mut row = vec![sku.price.into(), sku.shelf.word().into()];
    row.extend(sale_values(sku.sale));
    row.extend(fact_values(&sku.facts));
    row.extend([Value::from(now), sku.id.into()]);
    row
}
