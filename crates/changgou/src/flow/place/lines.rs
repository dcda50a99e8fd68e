//! Which lines an order is made of, and whether each may be bought.

use serde_json::{Value, json};

use super::batch_state::BatchState;
use super::{OrderedGoods, PlaceRequest};
use crate::domain::clock::UtcMs;
use crate::domain::id::SkuId;
use crate::domain::message::{CartMessage, CatalogMessage, NotFound, OrderMessage};
use crate::domain::pricing;
use crate::domain::refusal::Refusal;
use crate::store::cart;
use crate::store::catalog::{SalePhase, ShelfStatus, Sku};
use crate::store::purchase_limit::LimitUsage;

/// What is to be bought of a SKU.
#[derive(Clone, Copy, Debug)]
pub(super) struct OrderLine<'s> {
    pub(super) sku: &'s Sku,
    pub(super) num: i64,
    /// Of the cart line; empty where carts live in the database, and without a cart.
    pub(super) stamp: &'s str,
}

impl OrderLine<'_> {
    pub(super) fn pricing_line(self) -> pricing::PricingLine {
        let OrderLine { sku, num, .. } = self;
        pricing::PricingLine { sku_id: sku.id, category_id: sku.facts.category_id, price: sku.price, num }
    }

    /// What this line counts for, if its SKU is limited, and the limit.
    pub(super) fn limit_usage(self, username: &str) -> Option<(LimitUsage, i64)> {
        let limit = self.sku.sale.buyer_limit?;
        Some((limit_account(username, self.sku), limit))
    }
}

/// What a limit of this SKU counts for this buyer.
pub(super) fn limit_account(username: &str, sku: &Sku) -> LimitUsage {
    let sale = sku.sale.from.unwrap_or_default();
    LimitUsage { username: username.to_owned(), sku_id: sku.id, sale }
}

/// The lines that are asked for, all of which must be there and on sale.
pub(super) fn order_lines<'s>(
    state: &'s BatchState,
    request: &PlaceRequest,
) -> Result<Vec<OrderLine<'s>>, Refusal> {
    match request.goods {
        OrderedGoods::Cart(_) => from_cart(state, request),
        OrderedGoods::Direct { sku_id, num } => from_shelf(state, sku_id, num).map(|line| vec![line]),
    }
}

fn from_shelf(state: &BatchState, sku_id: SkuId, num: i64) -> Result<OrderLine<'_>, Refusal> {
    let sku = state.skus.get(&sku_id).ok_or_else(|| Refusal::new(NotFound::Sku))?;
    match sku.shelf {
        ShelfStatus::OnSale => Ok(OrderLine { sku, num, stamp: "" }),
        ShelfStatus::OffShelf | ShelfStatus::Deleted => {
            let refusal = Refusal::new(CatalogMessage::OffShelf);
            Err(refusal.with(json!({ "items": [{ "skuId": sku_id, "name": sku.facts.name }] })))
        }
    }
}

fn from_cart<'s>(state: &'s BatchState, request: &PlaceRequest) -> Result<Vec<OrderLine<'s>>, Refusal> {
    let lines = chosen_cart_lines(state, request)?;
    let sku =
        |line: &cart::CartLine| state.skus.get(&line.sku_id).filter(|sku| sku.shelf == ShelfStatus::OnSale);
    let gone: Vec<Value> = lines
        .iter()
        .filter(|line| sku(line).is_none())
        .map(|line| json!({ "skuId": line.sku_id, "name": sku_name(state, line.sku_id) }))
        .collect();
    if !gone.is_empty() {
        let refusal = Refusal::new(OrderMessage::ItemsOffShelf);
        return Err(refusal.with(json!({ "items": gone })));
    }
    Ok(lines
        .iter()
        .filter_map(|line| Some(OrderLine { sku: sku(line)?, num: line.num, stamp: &line.stamp }))
        .collect())
}

fn chosen_cart_lines<'s>(
    state: &'s BatchState,
    request: &PlaceRequest,
) -> Result<Vec<&'s cart::CartLine>, Refusal> {
    let cart = state.carts.get(&request.username).map_or(&[][..], Vec::as_slice);
    let chosen: Vec<&cart::CartLine> = match request.goods.named_skus() {
        None => cart.iter().filter(|line| line.selected).collect(),
        Some(ids) => cart.iter().filter(|line| ids.contains(&line.sku_id)).collect(),
    };
    let is_absent = |id: &&SkuId| chosen.iter().all(|line| line.sku_id != **id);
    let absent: Vec<&SkuId> = request.goods.named_skus().into_iter().flatten().filter(is_absent).collect();
    if !absent.is_empty() {
        let refusal = Refusal::new(CartMessage::LinesGone);
        return Err(refusal.with(json!({ "skuIds": absent })));
    }
    if chosen.is_empty() {
        let refusal = Refusal::new(CartMessage::NothingSelected);
        return Err(refusal);
    }
    Ok(chosen)
}

fn sku_name(state: &BatchState, id: SkuId) -> Option<&str> {
    state.skus.get(&id).map(|sku| sku.facts.name.as_str())
}

/// No line may be bought before its sale begins or after it has ended.
pub(super) fn check_sale_time(wanted: &[OrderLine<'_>], now: UtcMs) -> Result<(), Refusal> {
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for OrderLine { sku, .. } in wanted {
        let name = &sku.facts.name;
        match sku.sale.phase_at(now) {
            SalePhase::Before(from) => {
                early.push((from, json!({ "skuId": sku.id, "name": name, "saleFrom": from.rfc3339() })));
            }
            SalePhase::During => {}
            SalePhase::After(to) => {
                late.push(json!({ "skuId": sku.id, "name": name, "saleTo": to.rfc3339() }))
            }
        }
    }
    if let Some(opens) = early.iter().map(|(from, _)| *from).max() {
        let items: Vec<&Value> = early.iter().map(|(_, item)| item).collect();
        let wait_s = opens.since(now).as_millis().div_ceil(1000);
        let refusal =
            Refusal::new(OrderMessage::SaleNotStarted { from: opens }).with(json!({ "items": items }));
        return Err(refusal.retry_after(u64::try_from(wait_s).unwrap_or(u64::MAX)));
    }
    if !late.is_empty() {
        let refusal = Refusal::new(OrderMessage::SaleEnded);
        return Err(refusal.with(json!({ "items": late })));
    }
    Ok(())
}

/// Nobody gets more of a limited SKU than one buyer may have.
pub(super) fn check_limits(
    state: &BatchState,
    username: &str,
    wanted: &[OrderLine<'_>],
) -> Result<(), Refusal> {
    let over = |line: &OrderLine<'_>| {
        let (account, limit) = line.limit_usage(username)?;
        let had = state.limited.get(&account).copied().unwrap_or(0);
        let (sku, num) = (line.sku, line.num);
        (had.saturating_add(num) > limit).then(|| {
            json!({ "skuId": sku.id, "name": sku.facts.name, "buyerLimit": limit, "bought": had, "asked": num })
        })
    };
    let over: Vec<Value> = wanted.iter().filter_map(over).collect();
    if over.is_empty() {
        return Ok(());
    }
    let refusal = Refusal::new(OrderMessage::LimitExceeded);
    Err(refusal.with(json!({ "items": over })))
}

/// Short stock refuses the whole order and names every short SKU.
pub(super) fn check_stock(wanted: &[OrderLine<'_>]) -> Result<(), Refusal> {
    let short = wanted.iter().filter(|line| line.sku.num < line.num);
    let short: Vec<Value> = short
        .map(|OrderLine { sku, num, .. }| {
            json!({ "skuId": sku.id, "name": sku.facts.name, "asked": num, "num": sku.num })
        })
        .collect();
    if short.is_empty() {
        return Ok(());
    }
    let refusal = Refusal::new(OrderMessage::StockShort);
    Err(refusal.with(json!({ "items": short })))
}
