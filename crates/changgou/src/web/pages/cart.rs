//! `/cart`: the cart at current prices.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::WebState;
use super::flash::Flash;
use super::labels;
use super::page_context::{BuyerContext, PageContext};
use super::render::{PageResult, show_as};
use super::stock_label::StockLabel;
use crate::domain::clock::UtcMs;
use crate::domain::id::SkuId;
use crate::domain::limits::LINE_NUM_MAX;
use crate::domain::money::Fen;
use crate::domain::pricing::{self, Quote};
use crate::flow;
use crate::flow::cart::PricedCartLine;

#[derive(Template)]
#[template(path = "cart.html")]
struct Cart<'a> {
    frame: &'a PageContext,
    notice: Option<Flash>,
    lines: Vec<CartRow>,
    quote: Quote,
    /// What is missing for free shipping, in fen.
    until_free_shipping: Option<Fen>,
    most: i64,
}

/// A line of the cart or of the checkout.
pub(super) struct CartRow {
    pub id: SkuId,
    pub name: String,
    pub picture: String,
    pub num: i64,
    pub left: i64,
    pub price: Fen,
    pub money: Fen,
    pub is_selected: bool,
    pub stock: StockLabel,
    /// The limit per buyer.
    pub limit: Option<i64>,
    /// The price when it was added, if it has changed since.
    pub price_before: Option<Fen>,
}

impl CartRow {
    pub(super) fn is_buyable(&self) -> bool {
        self.stock.is_buyable()
    }

    /// Whether the stock is lower than the quantity.
    pub(super) fn is_short(&self) -> bool {
        self.is_buyable() && self.left < self.num
    }

    /// Whether its sale has not started yet.
    pub(super) fn is_upcoming(&self) -> bool {
        self.stock.is_upcoming()
    }

    /// Whether it can be bought neither now nor later.
    pub(super) fn is_unavailable(&self) -> bool {
        !self.is_buyable() && !self.is_upcoming()
    }

    pub(super) fn is_over_limit(&self) -> bool {
        self.limit.is_some_and(|limit| self.num > limit)
    }
}

pub(super) fn cart_row(seen: &PricedCartLine, frame: &PageContext, now: UtcMs) -> CartRow {
    let (line, sku) = (&seen.line, seen.sku.as_ref());
    let stock = sku.map_or(StockLabel::OffShelf, |sku| StockLabel::of(sku, now));
    let price = sku.map_or(line.price_seen, |sku| sku.price);
    let gone = frame.of("商品已不存在", "This item no longer exists");
    CartRow {
        id: line.sku_id,
        name: sku.map_or(gone, |sku| labels::name(&sku.facts, frame.lang)).to_owned(),
        picture: labels::picture(sku.map_or("", |sku| &sku.facts.image)).to_owned(),
        num: line.num,
        left: sku.map_or(0, |sku| sku.num),
        price,
        money: seen.money(),
        is_selected: line.selected && stock.is_buyable(),
        stock,
        limit: sku.and_then(|sku| sku.sale.buyer_limit),
        price_before: (line.price_seen != price).then_some(line.price_seen),
    }
}

pub(in super::super) async fn show(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
) -> PageResult {
    page(&web, &frame, username, StatusCode::OK, None).await
}

/// The cart page, with a notice if something was refused.
pub(super) async fn page(
    web: &WebState,
    frame: &PageContext,
    username: String,
    status: StatusCode,
    notice: Option<Flash>,
) -> PageResult {
    let seen = flow::cart::list_lines(&web.app, username).await?;
    let (postage, now) = (web.app.settings.rules.postage, web.app.now());
    let lines: Vec<CartRow> = seen.iter().map(|seen| cart_row(seen, frame, now)).collect();
    let quote = pricing::quote(&chosen(&lines), postage).unwrap_or_default();
    let is_due = quote.post_fee > Fen::ZERO;
    let cart = Cart {
        frame,
        notice,
        lines,
        until_free_shipping: postage.free_from.minus(quote.total_money).filter(|_| is_due),
        quote,
        most: LINE_NUM_MAX,
    };
    show_as(status, frame, &cart)
}

fn chosen(lines: &[CartRow]) -> Vec<pricing::PricingLine> {
    let chosen = lines.iter().filter(|line| line.is_selected);
    let priced = chosen.map(|line| pricing::PricingLine {
        sku_id: line.id,
        category_id: None,
        price: line.price,
        num: line.num,
    });
    priced.collect()
}

impl Cart<'_> {
    fn sold(&self) -> usize {
        self.lines.iter().filter(|line| line.is_buyable()).count()
    }

    fn selected(&self) -> usize {
        self.lines.iter().filter(|line| line.is_selected).count()
    }

    fn item_count(&self) -> String {
        labels::item_count(self.quote.total_num, self.frame.lang)
    }
}
