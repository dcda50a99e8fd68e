//! `/cart`: what a buyer means to buy, at present prices.

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
    /// What goods still lack until postage is free, in fen.
    to_free: Option<Fen>,
    most: i64,
}

/// A cart line or an item of the settlement.
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
    /// How many of it one buyer may have.
    pub limit: Option<i64>,
    /// The price it was put in at, where it is another now.
    pub price_before: Option<Fen>,
}

impl CartRow {
    /// Whether it can be bought at all.
    pub(super) fn is_sold(&self) -> bool {
        self.stock.is_buyable()
    }

    /// Whether there are fewer than are wanted.
    pub(super) fn is_short(&self) -> bool {
        self.is_sold() && self.left < self.num
    }

    /// Whether it waits in the cart for its sale to begin.
    pub(super) fn is_soon(&self) -> bool {
        self.stock.is_soon()
    }

    /// Whether it has no place in the cart any more.
    pub(super) fn is_out(&self) -> bool {
        !self.is_sold() && !self.is_soon()
    }

    /// Whether more are wanted than one buyer may have.
    pub(super) fn is_over_limit(&self) -> bool {
        self.limit.is_some_and(|limit| self.num > limit)
    }
}

/// A line as a page shows it.
pub(super) fn line(seen: &PricedCartLine, frame: &PageContext, now: UtcMs) -> CartRow {
    let (line, sku) = (&seen.line, seen.sku.as_ref());
    let stock = sku.map_or(StockLabel::OffShelf, |sku| StockLabel::of(sku, now));
    let price = sku.map_or(line.price_seen, |sku| sku.price);
    let gone = frame.of("商品已不存在", "This item is gone");
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

/// The cart's page, perhaps with what was refused about it.
pub(super) async fn page(
    web: &WebState,
    frame: &PageContext,
    username: String,
    status: StatusCode,
    notice: Option<Flash>,
) -> PageResult {
    let seen = flow::cart::list(&web.app, username).await?;
    let (postage, now) = (web.app.settings.rules.postage, web.app.now());
    let lines: Vec<CartRow> = seen.iter().map(|seen| line(seen, frame, now)).collect();
    let quote = pricing::quote(&chosen(&lines), postage).unwrap_or_default();
    let is_due = quote.post_fee > Fen::ZERO;
    let cart = Cart {
        frame,
        notice,
        lines,
        to_free: postage.free_from.minus(quote.total_money).filter(|_| is_due),
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
        self.lines.iter().filter(|line| line.is_sold()).count()
    }

    fn selected(&self) -> usize {
        self.lines.iter().filter(|line| line.is_selected).count()
    }

    fn pieces(&self) -> String {
        labels::pieces(self.quote.total_num, self.frame.lang)
    }
}
