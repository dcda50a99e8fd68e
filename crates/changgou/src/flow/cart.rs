//! The cart as its owner sees it: with present prices and stock.

use std::collections::{BTreeMap, HashMap};

use crate::domain::clock::UtcMs;
use crate::domain::id::{OrderId, SkuId};
use crate::domain::limits::{CART_LINES_MAX, LINE_NUM_MAX};
use crate::domain::message::{CartMessage, CatalogMessage, NotFound};
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::flow::{App, Error, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::store::cart::cleanup::{self, PendingCleanup};
use crate::store::cart::purchased::{self, PurchasedLine};
use crate::store::cart::redis_cart::{self, QuantityOutcome, SetQuantity};
use crate::store::cart::{CartLine, LineSelection, db_cart};
use crate::store::catalog::{self, SalePhase, ShelfStatus, Sku};

/// Rows of bought lines that are cleared away at once.
const AT_ONCE: i64 = 16;

/// A cart line beside its SKU as it is now.
#[derive(Clone, Debug)]
pub struct PricedCartLine {
    /// What is in the cart.
    pub line: CartLine,
    /// The SKU; `None` if it no longer exists.
    pub sku: Option<Sku>,
}

impl PricedCartLine {
    /// Whether it can be bought as it is at `now`.
    pub fn is_buyable(&self, now: UtcMs) -> bool {
        self.sku.as_ref().is_some_and(|sku| {
            sku.shelf == ShelfStatus::OnSale
                && sku.num >= self.line.num
                && sku.sale.phase_at(now) == SalePhase::During
        })
    }

    /// What the line costs now, in fen.
    pub fn money(&self) -> Fen {
        let price = self.sku.as_ref().map_or(Fen::ZERO, |sku| sku.price);
        price.times(self.line.num).unwrap_or(Fen::ZERO)
    }
}

/// Sets how many of a SKU are in the cart; none or fewer takes it out.
pub async fn set_quantity(app: &App, username: String, sku_id: SkuId, num: i64) -> Outcome<()> {
    if num > LINE_NUM_MAX {
        return Err(too_many_pieces().into());
    }
    if num <= 0 {
        return remove(app, username, sku_id).await;
    }
    change_quantity(app, username, sku_id, SetQuantity::Is(num)).await
}

/// Puts `num` more of a SKU into the cart, beside those that are in it.
pub async fn add_quantity(app: &App, username: String, sku_id: SkuId, num: i64) -> Outcome<()> {
    if !(1..=LINE_NUM_MAX).contains(&num) {
        return Err(too_many_pieces().into());
    }
    change_quantity(app, username, sku_id, SetQuantity::More(num)).await
}

async fn change_quantity(app: &App, username: String, sku_id: SkuId, num: SetQuantity) -> Outcome<()> {
    let now = app.now();
    let Some(cache) = &app.cache else {
        return app
            .db
            .write(async move |tx| change_quantity_in_db(tx, &username, sku_id, num, now).await)
            .await;
    };
    let name = username.clone();
    let read = async move |tx: &mut Tx<'_>| {
        Ok::<_, Error>((find_sku_to_add(tx, sku_id).await?, purchased::list_stamps(tx, &name, sku_id).await?))
    };
    let (sku, bought) = app.db.read(read).await?;
    match redis_cart::set_quantity(cache, (&username, sku_id), num, sku.price, &bought, now).await? {
        QuantityOutcome::Done => Ok(()),
        QuantityOutcome::Full => Err(cart_full().into()),
        QuantityOutcome::TooMany => Err(too_many_pieces().into()),
    }
}

async fn change_quantity_in_db(
    tx: &mut Tx<'_>,
    username: &str,
    sku_id: SkuId,
    num: SetQuantity,
    now: UtcMs,
) -> Outcome<()> {
    let there = db_cart::find_line(tx, username, sku_id).await?;
    let num = match num {
        SetQuantity::Is(num) => num,
        SetQuantity::More(num) => there.as_ref().map_or(0, |line| line.num) + num,
    };
    if num > LINE_NUM_MAX {
        return Err(too_many_pieces().into());
    }
    let sku = find_sku_to_add(tx, sku_id).await?;
    let lines = if there.is_none() { db_cart::count_lines(tx, username).await? } else { 0 };
    if usize::try_from(lines).is_ok_and(|lines| lines >= CART_LINES_MAX) {
        return Err(cart_full().into());
    }
    let (username, stamp) = (username.to_owned(), String::new());
    let line = CartLine { username, sku_id, num, selected: true, price_seen: sku.price, stamp };
    Ok(db_cart::set_line(tx, &line, now).await?)
}

/// A SKU that may be put into a cart.
async fn find_sku_to_add(tx: &mut Tx<'_>, sku_id: SkuId) -> Outcome<Sku> {
    let sku = catalog::find(tx, sku_id).await?.filter(|sku| sku.shelf != ShelfStatus::Deleted);
    let sku = sku.ok_or_else(|| Refusal::new(NotFound::Sku))?;
    if sku.shelf == ShelfStatus::OffShelf {
        return Err(off_shelf(&sku).into());
    }
    Ok(sku)
}

/// Takes a SKU out of the cart. One that is not in it is no error.
pub async fn remove(app: &App, username: String, sku_id: SkuId) -> Outcome<()> {
    match &app.cache {
        Some(cache) => Ok(redis_cart::remove(cache, &username, sku_id).await?),
        None => {
            app.db.write(async move |tx| Ok(db_cart::remove(tx, &username, sku_id).await.map(drop)?)).await
        }
    }
}

/// Marks a line to be bought next, or not.
pub async fn set_selection(app: &App, username: String, sku_id: SkuId, value: LineSelection) -> Outcome<()> {
    let found = match &app.cache {
        Some(cache) => redis_cart::set_selection(cache, &username, sku_id, value).await?,
        None => {
            let select = async move |tx: &mut Tx<'_>| {
                Ok::<_, Error>(db_cart::set_selection(tx, &username, sku_id, value).await?)
            };
            app.db.write(select).await?
        }
    };
    let absent = || Refusal::new(NotFound::CartLine);
    found.then_some(()).ok_or_else(|| absent().into())
}

/// How many lines are in the cart.
pub async fn count_lines(app: &App, username: String) -> Outcome<i64> {
    match &app.cache {
        Some(cache) => Ok(redis_cart::count_lines(cache, &username).await?),
        None => app.db.read(async move |tx| Ok(db_cart::count_lines(tx, &username).await?)).await,
    }
}

/// The whole cart. Lines that were bought and are still there, or back: the
/// cache lost their removal, which is repeated.
pub async fn list_lines(app: &App, username: String) -> Outcome<Vec<PricedCartLine>> {
    let held = take_snapshot(app, &username, None).await?;
    let (seen, bought) = app
        .db
        .read(async move |tx| {
            let (lines, bought) = split_purchased(tx, &username, &held).await?;
            Ok::<_, Error>((price_lines(tx, lines).await?, bought))
        })
        .await?;
    if let Some(cache) = app.cache.as_ref().filter(|_| !bought.is_empty()) {
        redis_cart::remove_purchased(cache, &bought).await?;
    }
    Ok(seen)
}

/// What is known of a cart before a transaction: nothing is asked of the cache in one.
#[derive(Clone, Debug)]
pub enum CartSnapshot {
    /// It lives in the database: its lines with these SKUs, or all.
    Rows(Option<Vec<SkuId>>),
    /// It lives in the cache, and these are the lines.
    Lines(Vec<CartLine>),
}

/// Reads the lines with these SKUs, or all, if they live in the cache.
pub async fn take_snapshot(app: &App, username: &str, skus: Option<Vec<SkuId>>) -> Outcome<CartSnapshot> {
    let Some(cache) = &app.cache else {
        return Ok(CartSnapshot::Rows(skus));
    };
    Ok(CartSnapshot::Lines(redis_cart::list_lines(cache, &BTreeMap::from([(username, skus)])).await?))
}

/// The lines of a cart, inside a transaction.
pub async fn load_lines(
    tx: &mut Tx<'_>,
    username: &str,
    held: &CartSnapshot,
) -> Result<Vec<CartLine>, DbError> {
    Ok(split_purchased(tx, username, held).await?.0)
}

/// The lines of a cart, and those that are not to be seen: they were bought
/// already, whatever the cache says.
async fn split_purchased(
    tx: &mut Tx<'_>,
    username: &str,
    held: &CartSnapshot,
) -> Result<(Vec<CartLine>, Vec<PurchasedLine>), DbError> {
    let lines = match held {
        CartSnapshot::Rows(None) => db_cart::list_for_users(tx, [username]).await?,
        CartSnapshot::Rows(Some(skus)) => {
            db_cart::find_lines(tx, &skus.iter().map(|sku| (username, *sku)).collect()).await?
        }
        CartSnapshot::Lines(lines) => {
            let bought = purchased::find_purchased(tx, lines).await?;
            return Ok((purchased::exclude_purchased(lines.clone(), &bought), bought));
        }
    };
    Ok((lines, Vec::new()))
}

/// The lines of a cart beside their SKUs, inside a transaction.
pub async fn load_priced_lines(
    tx: &mut Tx<'_>,
    username: &str,
    held: &CartSnapshot,
) -> Result<Vec<PricedCartLine>, DbError> {
    let lines = load_lines(tx, username, held).await?;
    price_lines(tx, lines).await
}

async fn price_lines(tx: &mut Tx<'_>, lines: Vec<CartLine>) -> Result<Vec<PricedCartLine>, DbError> {
    let skus = catalog::find_by_ids(tx, lines.iter().map(|line| line.sku_id)).await?;
    let mut skus: HashMap<SkuId, Sku> = skus.into_iter().map(|sku| (sku.id, sku)).collect();
    let seen = lines.into_iter().map(|line| PricedCartLine { sku: skus.remove(&line.sku_id), line });
    Ok(seen.collect())
}

/// The worker's part: removes from the cache what was bought where whoever
/// placed the order could not, and deletes the records of what was removed long
/// ago. Returns how many cleanups it handled.
pub async fn clean_up_purchased(app: &App) -> Outcome<usize> {
    Ok(remove_overdue(app).await? + delete_expired(app).await?)
}

async fn remove_overdue(app: &App) -> Outcome<usize> {
    let now = app.now();
    let find = async move |tx: &mut Tx<'_>| {
        let late = cleanup::list_overdue(tx, now, AT_ONCE).await?;
        Ok::<_, Error>((cleanup::list_lines(tx, &late).await?, late))
    };
    let (lines, late) = app.db.read(find).await?;
    if late.is_empty() {
        return Ok(0);
    }
    // Without a cache there is nothing left to remove anything from.
    if let Some(cache) = &app.cache {
        redis_cart::remove_purchased(cache, &lines).await?;
    }
    let names: Vec<OrderId> = late.into_iter().map(|owed| owed.order_id).collect();
    let count = names.len();
    app.db.write(async move |tx| Ok::<_, Error>(cleanup::mark_removed(tx, &names, now).await?)).await?;
    Ok(count)
}

async fn delete_expired(app: &App) -> Outcome<usize> {
    let now = app.now();
    let old =
        app.db.read(async move |tx| Ok::<_, Error>(cleanup::list_expired(tx, now, AT_ONCE).await?)).await?;
    let count = old.len();
    if count > 0 {
        app.db.write(async move |tx| delete_cleanups(tx, &old).await).await?;
    }
    Ok(count)
}

async fn delete_cleanups(tx: &mut Tx<'_>, old: &[PendingCleanup]) -> Outcome<()> {
    let lines = cleanup::list_lines(tx, old).await?;
    purchased::delete(tx, &lines).await?;
    Ok(cleanup::delete(tx, old).await?)
}

fn cart_full() -> Refusal {
    Refusal::new(CartMessage::Full { max: CART_LINES_MAX })
}

fn off_shelf(sku: &Sku) -> Refusal {
    let refusal = Refusal::new(CatalogMessage::OffShelf);
    refusal.with(serde_json::json!({ "items": [{ "skuId": sku.id, "name": sku.facts.name }] }))
}

fn too_many_pieces() -> Refusal {
    Refusal::new(CartMessage::QuantityOutOfRange { max: LINE_NUM_MAX })
}
