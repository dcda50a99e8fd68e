//! Looking at what is sold, and an operator's changes to it.

use std::collections::HashMap;

use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, SkuId};
use crate::domain::ledger::LedgerCause;
use crate::domain::limits::LINE_NUM_MAX;
use crate::domain::message::{CartMessage, CatalogMessage, NotFound};
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::flow::{App, Outcome, cart};
use crate::infra::db::Tx;
use crate::store::catalog::{self, SaleWindow, ShelfStatus, Sku, SkuPage};
use crate::store::stock;

/// A page of what is on sale.
pub async fn search_page(app: &App, query: String, page: i64, size: i64) -> Outcome<SkuPage> {
    let (now, is_all) = (app.now(), query.trim().is_empty());
    let known = if is_all { app.on_sale.get(now) } else { None };
    let read = async move |tx: &mut Tx<'_>| Ok(catalog::find_page(tx, &query, page, size, known).await?);
    let found: Outcome<SkuPage> = app.db.read(read).await;
    if let (true, None, Ok(found)) = (is_all, known, &found) {
        app.on_sale.set(found.total, now);
    }
    found
}

/// A SKU that is, or was, sold.
pub async fn find_sku(app: &App, id: SkuId) -> Outcome<Sku> {
    let found = app.db.read(async move |tx| catalog::find(tx, id).await).await?;
    Ok(found.filter(is_visible).ok_or_else(no_sku)?)
}

/// These SKUs, in this order; none may be missing.
pub async fn find_skus(app: &App, ids: Vec<SkuId>) -> Outcome<Vec<Sku>> {
    let named = ids.clone();
    let found = app.db.read(async move |tx| catalog::find_by_ids(tx, named.iter().copied()).await).await?;
    let visible: HashMap<SkuId, Sku> =
        found.into_iter().filter(is_visible).map(|sku| (sku.id, sku)).collect();
    let in_order = ids.iter().map(|id| visible.get(id).cloned().ok_or_else(|| no_sku().into()));
    in_order.collect()
}

fn is_visible(sku: &Sku) -> bool {
    sku.shelf != ShelfStatus::Deleted
}

fn no_sku() -> Refusal {
    Refusal::new(NotFound::Sku)
}

/// Puts a new SKU up, with its opening stock.
pub async fn add_sku(app: &App, sku: Sku) -> Outcome<Sku> {
    check_sku(&sku)?;
    let now = app.now();
    let added =
        app.db.write(async move |tx| insert_with_stock(tx, &sku, now).await.map(|()| sku.clone())).await;
    app.on_sale.clear();
    added
}

/// Puts a SKU up inside a transaction.
pub async fn insert_with_stock(tx: &mut Tx<'_>, sku: &Sku, now: UtcMs) -> Outcome<()> {
    if !catalog::insert(tx, sku, now).await? {
        return Err(Refusal::new(CatalogMessage::SkuIdTaken).into());
    }
    let opening = stock::StockMovement {
        sku_id: sku.id,
        cause: LedgerCause::Opening,
        reference: "",
        num: sku.num,
        sale_num: sku.sale_num,
    };
    let counted = stock::adjust(tx, &opening, now).await?;
    Ok(counted.map_err(|_| Refusal::new(CatalogMessage::StockNegative))?)
}

/// What an operator changes about a SKU; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct SkuEdit {
    /// New price, in fen.
    pub price: Option<Fen>,
    /// New stock: the difference is an adjustment in the ledger.
    pub num: Option<i64>,
    /// On or off the shelf.
    pub shelf: Option<ShelfStatus>,
    /// New name.
    pub name: Option<String>,
    /// New limit per buyer; `Some(None)` takes it away.
    pub buyer_limit: Option<Option<i64>>,
    /// New beginning of the sale; `Some(None)` takes it away.
    pub sale_from: Option<Option<UtcMs>>,
    /// New end of the sale; `Some(None)` takes it away.
    pub sale_to: Option<Option<UtcMs>>,
}

impl SkuEdit {
    /// The SKU as it is to be.
    fn applied_to(&self, mut sku: Sku) -> Sku {
        sku.price = self.price.unwrap_or(sku.price);
        sku.num = self.num.unwrap_or(sku.num);
        sku.shelf = self.shelf.unwrap_or(sku.shelf);
        if let Some(name) = &self.name {
            sku.facts.name.clone_from(name);
        }
        sku.sale = SaleWindow {
            buyer_limit: self.buyer_limit.unwrap_or(sku.sale.buyer_limit),
            from: self.sale_from.unwrap_or(sku.sale.from),
            to: self.sale_to.unwrap_or(sku.sale.to),
        };
        sku
    }
}

/// Changes a SKU; gives it back as it is then.
pub async fn edit_sku(app: &App, id: SkuId, edit: SkuEdit) -> Outcome<Sku> {
    let (now, adjustment) = (app.now(), app.id());
    let edited = app
        .db
        .write(async move |tx| {
            let sku = catalog::find(tx, id).await?.ok_or_else(no_sku)?;
            let before = sku.num;
            let sku = edit.applied_to(sku);
            check_sku(&sku)?;
            catalog::update(tx, &sku, now).await?;
            if sku.num != before {
                adjust_stock(tx, &sku, sku.num - before, adjustment, now).await?;
            }
            Ok(sku)
        })
        .await;
    app.on_sale.clear();
    edited
}

async fn adjust_stock(tx: &mut Tx<'_>, sku: &Sku, num: i64, adjustment: Id, now: UtcMs) -> Outcome<()> {
    let reference = adjustment.to_string();
    let cause = LedgerCause::Adjust;
    let movement = stock::StockMovement { sku_id: sku.id, cause, reference: &reference, num, sale_num: 0 };
    Ok(stock::adjust(tx, &movement, now).await?.map_err(|_| stock_too_low(sku.id))?)
}

/// The seed's `decr/count`: takes what is in a buyer's cart out of the stock, all or nothing.
pub async fn take_cart_from_stock(app: &App, username: String) -> Outcome<i64> {
    let (now, adjustment) = (app.now(), app.id().to_string());
    let held = cart::take_snapshot(app, &username, None).await?;
    app.db
        .write(async move |tx| {
            let lines = cart::load_lines(tx, &username, &held).await?;
            if lines.is_empty() {
                return Err(Refusal::new(CartMessage::BuyersCartEmpty).into());
            }
            for line in &lines {
                let (sku_id, num, cause) = (line.sku_id, line.num, LedgerCause::Adjust);
                let movement =
                    stock::StockMovement { sku_id, cause, reference: &adjustment, num: -num, sale_num: num };
                stock::adjust(tx, &movement, now).await?.map_err(|_| stock_too_low(sku_id))?;
            }
            Ok(lines.iter().map(|line| line.num).sum())
        })
        .await
}

fn stock_too_low(sku_id: SkuId) -> Refusal {
    let refusal = Refusal::new(CatalogMessage::StockNotTaken);
    refusal.with(serde_json::json!({ "items": [{ "skuId": sku_id }] }))
}

/// What the columns hold, and what a page may show.
pub(super) fn check_sku(sku: &Sku) -> Result<(), Refusal> {
    check_sale(sku.sale)?;
    let facts = &sku.facts;
    let numbers = [sku.price.0, sku.num, facts.weight, facts.alert_num, facts.category_id.unwrap_or(0)];
    let in_bounds = numbers.iter().all(|number| (0..=i64::from(i32::MAX)).contains(number));
    let texts = [
        (Some(&facts.name), 1, 200),
        (Some(&facts.sn), 0, 100),
        (facts.name_en.as_ref(), 0, 200),
        (Some(&facts.image), 0, 200),
        (facts.spu_id.as_ref(), 0, 20),
        (facts.category_name.as_ref(), 0, 200),
        (facts.brand_name.as_ref(), 0, 100),
        (facts.spec.as_ref(), 0, 200),
    ];
    if in_bounds
        && texts.iter().all(|(text, least, most)| text_fits(*text, *least, *most))
        && is_picture(&facts.image)
    {
        return Ok(());
    }
    Err(Refusal::new(CatalogMessage::SkuInvalid))
}

/// A limit leaves something to buy, and a sale ends after it begins.
fn check_sale(sale: SaleWindow) -> Result<(), Refusal> {
    let limit_fits = sale.buyer_limit.is_none_or(|limit| (1..=LINE_NUM_MAX).contains(&limit));
    let ends_later = sale.from.zip(sale.to).is_none_or(|(from, to)| from < to);
    if limit_fits && ends_later {
        return Ok(());
    }
    Err(Refusal::new(CatalogMessage::SaleInvalid { limit_max: LINE_NUM_MAX }))
}

fn text_fits(text: Option<&String>, least: usize, most: usize) -> bool {
    text.is_none_or(|text| {
        let length = text.trim().chars().count();
        (least..=most).contains(&length) && !text.chars().any(char::is_control)
    })
}

fn is_picture(image: &str) -> bool {
    image.is_empty() || image.starts_with('/') || image.starts_with("https://")
}
