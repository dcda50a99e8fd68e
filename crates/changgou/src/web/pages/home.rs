//! `/`: the front page and the search results.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::super::WebState;
use super::super::input::{PageOf, Params, text};
use super::super::url::percent_encoded;
use super::labels;
use super::page_context::PageContext;
use super::pager::Pager;
use super::render::{PageResult, show as shown};
use super::stock_label::StockLabel;
use crate::domain::clock::UtcMs;
use crate::domain::id::SkuId;
use crate::domain::money::Fen;
use crate::domain::pricing::Postage;
use crate::flow;
use crate::store::catalog::Sku;

/// SKUs per page: full rows at two, three, four and six columns.
const SIZE: i64 = 24;

#[derive(Deserialize)]
pub(in super::super) struct HomeQuery {
    q: Option<String>,
    page: Option<i64>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    frame: &'a PageContext,
    q: String,
    total: i64,
    cards: Vec<Card>,
    pager: Pager,
    postage: Postage,
    points: i64,
}

struct Card {
    id: SkuId,
    name: String,
    caption: String,
    picture: String,
    price: Fen,
    sold: String,
    stock: StockLabel,
    limit: Option<i64>,
}

pub(in super::super) async fn show(
    State(web): State<WebState>,
    frame: PageContext,
    Params(asked): Params<HomeQuery>,
) -> PageResult {
    let (page, size) = PageOf::new(asked.page, Some(SIZE)).bounds()?;
    let q = text("q", asked.q.as_deref().unwrap_or_default(), 0, 100)?;
    let found = flow::catalog::search_page(&web.app, q.clone(), page, size).await?;
    let (rules, now) = (web.app.settings.rules, web.app.now());
    let home = Home {
        frame: &frame,
        total: found.total,
        cards: found.list.iter().map(|sku| card(sku, &frame, now)).collect(),
        pager: Pager::new(page, size, found.total, |page| address(&q, page)),
        q,
        postage: rules.postage,
        points: rules.points_per_order,
    };
    shown(&frame, &home)
}

fn address(q: &str, page: i64) -> String {
    if q.is_empty() {
        return format!("/?page={page}");
    }
    format!("/?q={}&page={page}", percent_encoded(q))
}

fn card(sku: &Sku, frame: &PageContext, now: UtcMs) -> Card {
    let facts = &sku.facts;
    Card {
        id: sku.id,
        name: labels::name(facts, frame.lang).to_owned(),
        caption: labels::caption(facts, frame.lang).to_owned(),
        picture: labels::picture(&facts.image).to_owned(),
        price: sku.price,
        sold: labels::sold(sku, frame.lang),
        stock: StockLabel::of(sku, now),
        limit: sku.sale.buyer_limit,
    }
}

impl Home<'_> {
    /// Whether this is neither a search nor a later page.
    fn is_front_page(&self) -> bool {
        self.q.is_empty() && self.pager.page == 1
    }

    /// Three SKUs with different pictures, for the top of the page.
    fn showcase(&self) -> Vec<&Card> {
        let mut seen: Vec<&Card> = Vec::new();
        for card in self.cards.iter().rev() {
            if seen.iter().all(|other| other.picture != card.picture) {
                seen.push(card);
            }
        }
        let step = (seen.len() / 3).max(1);
        seen.into_iter().step_by(step).take(3).collect()
    }
}
