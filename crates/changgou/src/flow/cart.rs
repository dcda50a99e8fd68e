//! The cart as its owner sees it: with present prices and stock.

use std::collections::HashMap;

use crate::flow::{App, Outcome};
use crate::ground::db::{DbError, Tx};
use crate::nouns::cart::{self, Line, Selected};
use crate::nouns::catalog::{self, Moment, Shelf, Sku};
use crate::values::clock::UtcMs;
use crate::values::id::SkuId;
use crate::values::limits::{CART_LINES_MAX, LINE_NUM_MAX};
use crate::values::money::Fen;
use crate::values::refusal::{Reason, Refusal};

/// A cart line beside its SKU as it is now.
#[derive(Clone, Debug)]
pub struct SeenLine {
    /// What is in the cart.
    pub line: Line,
    /// The SKU; `None` if it no longer exists.
    pub sku: Option<Sku>,
}

impl SeenLine {
    /// Whether it can be bought as it is at `now`.
    pub fn is_buyable(&self, now: UtcMs) -> bool {
        self.sku.as_ref().is_some_and(|sku| {
            sku.shelf == Shelf::OnSale && sku.num >= self.line.num && sku.sale.at(now) == Moment::During
        })
    }

    /// What the line costs now, in fen.
    pub fn money(&self) -> Fen {
        let price = self.sku.as_ref().map_or(Fen::ZERO, |sku| sku.price);
        price.times(self.line.num).unwrap_or(Fen::ZERO)
    }
}

/// Sets how many of a SKU are in the cart; none or fewer takes it out.
pub async fn put(app: &App, username: String, sku_id: SkuId, num: i64) -> Outcome<()> {
    if num > LINE_NUM_MAX {
        return Err(too_many().into());
    }
    let now = app.now();
    app.db
        .write(async move |tx| {
            if num <= 0 {
                cart::remove(tx, &username, sku_id).await?;
                return Ok(());
            }
            let there = cart::line(tx, &username, sku_id).await?;
            put_in(tx, &username, there, sku_id, num, now).await
        })
        .await
}

/// Puts `num` more of a SKU into the cart, beside those that are in it.
pub async fn add(app: &App, username: String, sku_id: SkuId, num: i64) -> Outcome<()> {
    if !(1..=LINE_NUM_MAX).contains(&num) {
        return Err(too_many().into());
    }
    let now = app.now();
    app.db
        .write(async move |tx| {
            let there = cart::line(tx, &username, sku_id).await?;
            let before = there.as_ref().map_or(0, |line| line.num);
            if before + num > LINE_NUM_MAX {
                return Err(too_many().into());
            }
            put_in(tx, &username, there, sku_id, before + num, now).await
        })
        .await
}

async fn put_in(
    tx: &mut Tx<'_>,
    username: &str,
    there: Option<Line>,
    sku_id: SkuId,
    num: i64,
    now: UtcMs,
) -> Outcome<()> {
    let sku = catalog::find(tx, sku_id).await?.filter(|sku| sku.shelf != Shelf::Deleted);
    let sku = sku.ok_or_else(|| Refusal::not_found("商品", "SKU"))?;
    if sku.shelf == Shelf::OffShelf {
        return Err(off_shelf(&sku).into());
    }
    if there.is_none() {
        room_for_one_more(cart::count(tx, username).await?)?;
    }
    let line = Line { username: username.to_owned(), sku_id, num, selected: true, price_seen: sku.price };
    Ok(cart::put(tx, &line, now).await?)
}

/// Takes a SKU out of the cart. One that is not in it is no error.
pub async fn remove(app: &App, username: String, sku_id: SkuId) -> Outcome<()> {
    app.db.write(async move |tx| Ok(cart::remove(tx, &username, sku_id).await.map(drop)?)).await
}

/// Marks a line to be bought next, or not.
pub async fn select(app: &App, username: String, sku_id: SkuId, value: Selected) -> Outcome<()> {
    app.db
        .write(async move |tx| {
            let found = cart::select(tx, &username, sku_id, value).await?;
            let absent =
                || Refusal::new(Reason::NotFound, "购物车中没有该商品", "This SKU is not in the cart.");
            found.then_some(()).ok_or_else(|| absent().into())
        })
        .await
}

/// How many lines are in the cart.
pub async fn lines(app: &App, username: String) -> Outcome<i64> {
    app.db.read(async move |tx| Ok(cart::count(tx, &username).await?)).await
}

/// The whole cart.
pub async fn list(app: &App, username: String) -> Outcome<Vec<SeenLine>> {
    app.db.read(async move |tx| Ok(seen(tx, &username).await?)).await
}

/// The whole cart, inside a transaction.
pub async fn seen(tx: &mut Tx<'_>, username: &str) -> Result<Vec<SeenLine>, DbError> {
    let lines = cart::of(tx, [username]).await?;
    beside_skus(tx, lines).await
}

/// The lines of the cart with these SKUs, inside a transaction.
pub async fn seen_of(tx: &mut Tx<'_>, username: &str, skus: &[SkuId]) -> Result<Vec<SeenLine>, DbError> {
    let wanted = skus.iter().map(|sku| (username, *sku)).collect();
    let lines = cart::some(tx, &wanted).await?;
    beside_skus(tx, lines).await
}

async fn beside_skus(tx: &mut Tx<'_>, lines: Vec<Line>) -> Result<Vec<SeenLine>, DbError> {
    let skus = catalog::by_ids(tx, lines.iter().map(|line| line.sku_id)).await?;
    let mut skus: HashMap<SkuId, Sku> = skus.into_iter().map(|sku| (sku.id, sku)).collect();
    let beside = |line: Line| SeenLine { sku: skus.remove(&line.sku_id), line };
    Ok(lines.into_iter().map(beside).collect())
}

fn room_for_one_more(lines: i64) -> Result<(), Refusal> {
    if usize::try_from(lines).is_ok_and(|lines| lines >= CART_LINES_MAX) {
        let zh = format!("购物车最多放 {CART_LINES_MAX} 种商品，请先移除一些");
        let en = format!("A cart holds {CART_LINES_MAX} different items; please remove some first.");
        return Err(Refusal::new(Reason::CartFull, zh, en));
    }
    Ok(())
}

fn off_shelf(sku: &Sku) -> Refusal {
    let refusal = Refusal::new(Reason::OffShelf, "商品已下架", "This item is no longer sold.");
    refusal.with(serde_json::json!({ "items": [{ "skuId": sku.id, "name": sku.facts.name }] }))
}

fn too_many() -> Refusal {
    let zh = format!("单个商品每次购买 1 到 {LINE_NUM_MAX} 件");
    Refusal::bad_request(zh, format!("Of one item, 1 to {LINE_NUM_MAX} pieces can be bought at a time."))
}
