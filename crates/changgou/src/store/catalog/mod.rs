//! What is sold. Owns `tb_sku` (but for its stock) and `sku_term`.

mod bulk_insert;
mod search;

use crate::domain::clock::UtcMs;
use crate::domain::id::SkuId;
use crate::domain::money::Fen;
use crate::infra::db::{DbError, Decode, FromRow, Row, Tx, Value, params};

pub use bulk_insert::{ImportedSku, insert_many, update_many};
pub use search::{SkuPage, find_page};

/// A SKU with its present price and stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sku {
    /// Its number.
    pub id: SkuId,
    /// The present price, in fen.
    pub price: Fen,
    /// How many there are to sell.
    pub num: i64,
    /// How many were sold.
    pub sale_num: i64,
    /// Whether it may be bought.
    pub shelf: ShelfStatus,
    /// When it may be bought, and how many by one buyer.
    pub sale: SaleWindow,
    /// Everything that does not change from minute to minute.
    pub facts: SkuFacts,
}

impl Sku {
    /// Whether all that an order depends on is the same, but for the stock.
    pub fn sells_like(&self, other: &Sku) -> bool {
        let of = |sku: &Sku| (sku.id, sku.price, sku.shelf, sku.sale);
        of(self) == of(other) && self.facts == other.facts
    }
}

/// When a SKU may be bought, and how many by one buyer. Without bounds: always
/// and any number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaleWindow {
    /// Pieces one buyer may have. Orders placed under the same `from` count, if there was a limit then.
    pub buyer_limit: Option<i64>,
    /// From this moment on.
    pub from: Option<UtcMs>,
    /// Before this moment.
    pub to: Option<UtcMs>,
}

/// Where a moment lies in a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SalePhase {
    /// Before it begins, at this moment.
    Before(UtcMs),
    /// While it runs.
    During,
    /// After its end, which was at this moment.
    After(UtcMs),
}

impl SaleWindow {
    /// Where `now` lies.
    pub fn at(self, now: UtcMs) -> SalePhase {
        match (self.from, self.to) {
            (Some(from), _) if now < from => SalePhase::Before(from),
            (_, Some(to)) if now >= to => SalePhase::After(to),
            (Some(_) | None, Some(_) | None) => SalePhase::During,
        }
    }
}

/// What a SKU is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkuFacts {
    /// The seller's own number.
    pub sn: String,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub name_en: Option<String>,
    /// What speaks for it, in Chinese.
    pub caption: Option<String>,
    /// What speaks for it, in English.
    pub caption_en: Option<String>,
    /// Stock below which it is shown as nearly sold out.
    pub alert_num: i64,
    /// Path of its picture.
    pub image: String,
    /// Weight, in grams.
    pub weight: i64,
    /// The product it is a variant of.
    pub spu_id: Option<String>,
    /// Category number.
    pub category_id: Option<i64>,
    /// Category name.
    pub category_name: Option<String>,
    /// Brand.
    pub brand_name: Option<String>,
    /// Properties, a JSON object as text.
    pub spec: Option<String>,
    /// How many reviews it has.
    pub comment_num: i64,
}

/// Whether a SKU may be bought: the seed's `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShelfStatus {
    /// 1 正常
    OnSale,
    /// 2 下架
    OffShelf,
    /// 3 删除
    Deleted,
}

impl ShelfStatus {
    /// The letter of the column.
    pub fn letter(self) -> &'static str {
        match self {
            ShelfStatus::OnSale => "1",
            ShelfStatus::OffShelf => "2",
            ShelfStatus::Deleted => "3",
        }
    }

    /// What a letter means; what means nothing is not sold.
    pub fn read(letter: &str) -> ShelfStatus {
        match letter {
            "1" => ShelfStatus::OnSale,
            "3" => ShelfStatus::Deleted,
            _ => ShelfStatus::OffShelf,
        }
    }
}

impl Decode for ShelfStatus {
    fn from_text(text: &str) -> Result<ShelfStatus, String> {
        Ok(ShelfStatus::read(text))
    }
}

const COLUMNS: &str = "id, price, num, sale_num, status, buyer_limit, sale_from_ms, sale_to_ms, sn, name, name_en, \
                       caption, caption_en, alert_num, image, \
                       weight, spu_id, category_id, category_name, brand_name, spec, comment_num";

impl FromRow for Sku {
    fn from_row(row: &mut Row<'_>) -> Result<Sku, DbError> {
        Ok(Sku {
            id: row.take()?,
            price: row.take()?,
            num: row.take()?,
            sale_num: row.take()?,
            shelf: row.take()?,
            sale: SaleWindow { buyer_limit: row.take()?, from: row.take()?, to: row.take()? },
            facts: SkuFacts {
                sn: row.take()?,
                name: row.take()?,
                name_en: row.take()?,
                caption: row.take()?,
                caption_en: row.take()?,
                alert_num: row.take::<Option<i64>>()?.unwrap_or(0),
                image: row.take::<Option<String>>()?.unwrap_or_default(),
                weight: row.take::<Option<i64>>()?.unwrap_or(0),
                spu_id: row.take()?,
                category_id: row.take()?,
                category_name: row.take()?,
                brand_name: row.take()?,
                spec: row.take()?,
                comment_num: row.take()?,
            },
        })
    }
}

/// The SKU of this number, whatever its status.
pub async fn find(tx: &mut Tx<'_>, id: SkuId) -> Result<Option<Sku>, DbError> {
    tx.row(&format!("select {COLUMNS} from tb_sku where id = ?"), params![id]).await
}

/// The SKUs of these numbers that exist.
pub async fn by_ids(tx: &mut Tx<'_>, ids: impl IntoIterator<Item = SkuId>) -> Result<Vec<Sku>, DbError> {
    let head = format!("select {COLUMNS} from tb_sku where id");
    tx.rows_in(&head, ids.into_iter().map(Value::from), "order by id").await
}

/// Puts SKUs that came from elsewhere into the index of names, from `from` on;
/// the last one it looked at, if there may be more.
pub async fn index_from(tx: &mut Tx<'_>, from: SkuId, most: i64) -> Result<Option<SkuId>, DbError> {
    let sql = format!("select {COLUMNS} from tb_sku where id > ? order by id limit ?");
    let skus: Vec<Sku> = tx.rows(&sql, params![from, most]).await?;
    for sku in &skus {
        search::index(tx, sku).await?;
    }
    Ok(skus.last().map(|sku| sku.id))
}

/// The same, for a transaction that sells them: nobody else sells them before
/// its end. SKUs are locked in the order of their numbers.
pub async fn lock(tx: &mut Tx<'_>, ids: impl IntoIterator<Item = SkuId>) -> Result<Vec<Sku>, DbError> {
    let head = format!("select {COLUMNS} from tb_sku where id");
    tx.rows_in(&head, ids.into_iter().map(Value::from), "order by id for update").await
}

/// Puts a new SKU up, with no stock yet; `false` if the number is taken.
pub async fn insert(tx: &mut Tx<'_>, sku: &Sku, now: UtcMs) -> Result<bool, DbError> {
    let sql = format!(
        "insert into tb_sku ({COLUMNS}, create_time, update_time) \
         values (?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    let mut row = vec![sku.id.into(), sku.price.into(), sku.shelf.letter().into()];
    row.extend(sale_values(sku.sale));
    row.extend(fact_values(&sku.facts));
    row.extend([Value::from(now), now.into()]);
    match tx.exec(&sql, &row).await {
        Ok(_) => search::index(tx, sku).await.map(|()| true),
        Err(DbError::Unique(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Changes everything about a SKU but its stock; `false` if there is none.
pub async fn update(tx: &mut Tx<'_>, sku: &Sku, now: UtcMs) -> Result<bool, DbError> {
    let sql = "update tb_sku set price = ?, status = ?, buyer_limit = ?, sale_from_ms = ?, sale_to_ms = ?, sn = ?, name = ?, name_en = ?, caption = ?, caption_en = ?, \
               alert_num = ?, image = ?, weight = ?, spu_id = ?, category_id = ?, category_name = ?, brand_name = ?, \
               spec = ?, comment_num = ?, update_time = ? where id = ?";
    let mut row = vec![sku.price.into(), sku.shelf.letter().into()];
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
