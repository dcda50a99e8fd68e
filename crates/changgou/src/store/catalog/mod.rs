//! SKUs. Owns `tb_sku` (except for the stock) and `sku_term`.

mod bulk_insert;
mod search;

use crate::domain::clock::UtcMs;
use crate::domain::id::SkuId;
use crate::domain::money::Fen;
use crate::domain::words::word_enum;
use crate::infra::db::{DbError, Tx, Value, from_row, params};

pub use bulk_insert::{ImportedSku, insert_many, update_many};
pub use search::{SkuPage, find_page};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sku {
    pub id: SkuId,
    /// In fen.
    pub price: Fen,
    /// Pieces in stock.
    pub num: i64,
    /// Pieces sold.
    pub sale_num: i64,
    pub shelf: ShelfStatus,
    pub sale: SaleWindow,
    /// The columns that rarely change.
    pub facts: SkuFacts,
}

impl Sku {
    /// Whether everything that an order depends on is the same, except for the stock.
    pub fn sells_like(&self, other: &Sku) -> bool {
        let of = |sku: &Sku| (sku.id, sku.price, sku.shelf, sku.sale);
        of(self) == of(other) && self.facts == other.facts
    }
}

/// When a SKU may be bought and how many pieces by one buyer. `None` means no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaleWindow {
    /// Pieces per buyer. Orders placed under the same `from` count if they were limited too.
    pub buyer_limit: Option<i64>,
    /// Inclusive.
    pub from: Option<UtcMs>,
    /// Exclusive.
    pub to: Option<UtcMs>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SalePhase {
    /// The sale begins at this time.
    Before(UtcMs),
    During,
    /// The sale ended at this time.
    After(UtcMs),
}

impl SaleWindow {
    pub fn phase_at(self, now: UtcMs) -> SalePhase {
        match (self.from, self.to) {
            (Some(from), _) if now < from => SalePhase::Before(from),
            (_, Some(to)) if now >= to => SalePhase::After(to),
            (Some(_) | None, Some(_) | None) => SalePhase::During,
        }
    }
}

/// The description of a SKU.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkuFacts {
    /// The seller's own article number.
    pub sn: String,
    pub name: String,
    pub name_en: Option<String>,
    /// Chinese sales text.
    pub caption: Option<String>,
    /// English sales text.
    pub caption_en: Option<String>,
    /// Below this stock the SKU is shown as nearly sold out.
    pub alert_num: i64,
    pub image: String,
    /// In grams.
    pub weight: i64,
    /// The product that this is a variant of.
    pub spu_id: Option<String>,
    pub category_id: Option<i64>,
    pub category_name: Option<String>,
    pub brand_name: Option<String>,
    /// A JSON object.
    pub spec: Option<String>,
    pub comment_num: i64,
}

word_enum! {
    /// The column `status`.
    pub enum ShelfStatus {
        /// 1 正常
        OnSale = "1",
        /// 2 下架
        OffShelf = "2",
        /// 3 删除
        Deleted = "3",
    }
    else OffShelf
}

const COLUMNS: &str = "id, price, num, sale_num, status, buyer_limit, sale_from_ms, sale_to_ms, sn, name, name_en, \
                       caption, caption_en, alert_num, image, \
                       weight, spu_id, category_id, category_name, brand_name, spec, comment_num";

from_row! {
    Sku {
        id,
        price,
        num,
        sale_num,
        shelf: status,
        sale: SaleWindow { buyer_limit, from: sale_from_ms, to: sale_to_ms },
        facts: SkuFacts {
            sn,
            name,
            name_en,
            caption,
            caption_en,
            alert_num or default,
            image or default,
            weight or default,
            spu_id,
            category_id,
            category_name,
            brand_name,
            spec,
            comment_num,
        },
    }
}

/// In any status.
pub async fn find(tx: &mut Tx<'_>, id: SkuId) -> Result<Option<Sku>, DbError> {
    tx.row(&format!("select {COLUMNS} from tb_sku where id = ?"), params![id]).await
}

pub async fn find_by_ids(tx: &mut Tx<'_>, ids: impl IntoIterator<Item = SkuId>) -> Result<Vec<Sku>, DbError> {
    let head = format!("select {COLUMNS} from tb_sku where id");
    tx.rows_in(&head, ids.into_iter().map(Value::from), "order by id").await
}

/// Adds up to `most` SKUs after `from` to the search index; returns the last one if there may be more.
pub async fn index_batch(tx: &mut Tx<'_>, from: SkuId, most: i64) -> Result<Option<SkuId>, DbError> {
    let sql = format!("select {COLUMNS} from tb_sku where id > ? order by id limit ?");
    let skus: Vec<Sku> = tx.rows(&sql, params![from, most]).await?;
    for sku in &skus {
        search::index(tx, sku).await?;
    }
    Ok(skus.last().map(|sku| sku.id))
}

/// Like [`find_by_ids`], and locks the SKUs in the order of their ids until the end of the transaction.
pub async fn lock(tx: &mut Tx<'_>, ids: impl IntoIterator<Item = SkuId>) -> Result<Vec<Sku>, DbError> {
    let head = format!("select {COLUMNS} from tb_sku where id");
    tx.rows_in(&head, ids.into_iter().map(Value::from), "order by id for update").await
}

/// Inserts a SKU without stock; `false` if the id is taken.
pub async fn insert(tx: &mut Tx<'_>, sku: &Sku, now: UtcMs) -> Result<bool, DbError> {
    let sql = format!(
        "insert into tb_sku ({COLUMNS}, create_time, update_time) \
         values (?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    let mut row = vec![sku.id.into(), sku.price.into(), sku.shelf.word().into()];
    row.extend(sale_values(sku.sale));
    row.extend(fact_values(&sku.facts));
    row.extend([Value::from(now), now.into()]);
    match tx.exec(&sql, &row).await {
        Ok(_) => search::index(tx, sku).await.map(|()| true),
        Err(DbError::Unique(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Updates a SKU except for its stock; `false` if it does not exist.
pub async fn update(tx: &mut Tx<'_>, sku: &Sku, now: UtcMs) -> Result<bool, DbError> {
    let sql = "update tb_sku set price = ?, status = ?, buyer_limit = ?, sale_from_ms = ?, sale_to_ms = ?, sn = ?, name = ?, name_en = ?, caption = ?, caption_en = ?, \
               alert_num = ?, image = ?, weight = ?, spu_id = ?, category_id = ?, category_name = ?, brand_name = ?, \
               spec = ?, comment_num = ?, update_time = ? where id = ?";
    let mut row = vec![sku.price.into(), sku.shelf.word().into()];
    row.extend(sale_values(sku.sale));
    row.extend(fact_values(&sku.facts));
    row.extend([Value::from(now), sku.id.into()]);
    let changed = tx.exec(sql, &row).await? == 1;
    if changed {
        search::index(tx, sku).await?;
    }
    Ok(changed)
}

fn sale_values(sale: SaleWindow) -> [Value<'static>; 3] {
    let ms = |at: Option<UtcMs>| Value::from(at.map(|at| at.0));
    [sale.buyer_limit.into(), ms(sale.from), ms(sale.to)]
}

fn fact_values(facts: &SkuFacts) -> [Value<'_>; 14] {
    [
        (&facts.sn).into(),
        (&facts.name).into(),
        facts.name_en.as_deref().into(),
        facts.caption.as_deref().into(),
        facts.caption_en.as_deref().into(),
        facts.alert_num.into(),
        (&facts.image).into(),
        facts.weight.into(),
        facts.spu_id.as_deref().into(),
        facts.category_id.into(),
        facts.category_name.as_deref().into(),
        facts.brand_name.as_deref().into(),
        facts.spec.as_deref().into(),
        facts.comment_num.into(),
    ]
}
