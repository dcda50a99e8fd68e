//! `/item/{id}`: one SKU, and adding it to the cart.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::super::WebState;
use super::super::input::{Form, Params, PathId};
use super::super::response::{ApiProblem, status};
use super::super::url::login_page;
use super::countdown::Countdown;
use super::flash::{Flash, into_refusal};
use super::labels;
use super::page_context::{PageContext, PageViewer};
use super::render::{PageResult, see_other, show_as};
use super::stock_label::{StockLabel, most};
use crate::domain::clock::UtcMs;
use crate::domain::id::SkuId;
use crate::domain::pricing::Postage;
use crate::flow;
use crate::store::catalog::{SalePhase, Sku};

#[derive(Deserialize)]
pub(in super::super) struct ItemQuery {
    num: Option<i64>,
    done: Option<String>,
}

#[derive(Deserialize)]
pub(in super::super) struct AddToCartForm {
    num: i64,
    then: NextStep,
}

/// Where the buyer goes after adding it.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum NextStep {
    /// Back to the item.
    Stay,
    /// To the checkout, with this item only.
    Buy,
}

#[derive(Template)]
#[template(path = "item.html")]
struct Item<'a> {
    frame: &'a PageContext,
    notice: Option<Flash>,
    sku: &'a Sku,
    name: &'a str,
    caption: &'a str,
    picture: &'a str,
    sold: String,
    stock: StockLabel,
    /// Until the sale starts or, while it runs, ends.
    clock: Option<Countdown>,
    num: i64,
    most: i64,
    spec: Vec<(String, String)>,
    postage: Postage,
}

pub(in super::super) async fn show(
    State(web): State<WebState>,
    frame: PageContext,
    PathId(id): PathId,
    Params(asked): Params<ItemQuery>,
) -> PageResult {
    let notice = Flash::done(asked.done.as_deref(), frame.lang);
    page(&web, &frame, id, asked.num.unwrap_or(1), StatusCode::OK, notice).await
}

pub(in super::super) async fn add(
    State(web): State<WebState>,
    frame: PageContext,
    PathId(id): PathId,
    Form(wanted): Form<AddToCartForm>,
) -> PageResult {
    let PageViewer::Buyer { username, .. } = &frame.who else {
        let back = format!("/item/{id}?num={}", wanted.num);
        return Ok(see_other(&login_page(&back)));
    };
    let put = match wanted.then {
        NextStep::Stay => flow::cart::add_quantity(&web.app, username.clone(), id, wanted.num).await,
        NextStep::Buy => flow::cart::set_quantity(&web.app, username.clone(), id, wanted.num.max(1)).await,
    };
    match (put, wanted.then) {
        (Ok(()), NextStep::Stay) => Ok(see_other(&format!("/item/{id}?done=added"))),
        (Ok(()), NextStep::Buy) => Ok(see_other(&format!("/order?skuIds={id}"))),
        (Err(error), _) => refused(&web, frame, id, wanted.num, error.into()).await,
    }
}

async fn refused(web: &WebState, frame: PageContext, id: SkuId, num: i64, problem: ApiProblem) -> PageResult {
    let refusal = into_refusal(problem)?;
    let frame = frame.at_path(format!("/item/{id}"));
    let notice = Flash::refused(&refusal, frame.lang);
    page(web, &frame, id, num, status(refusal.reason), Some(notice)).await
}

async fn page(
    web: &WebState,
    frame: &PageContext,
    id: SkuId,
    num: i64,
    status: StatusCode,
    notice: Option<Flash>,
) -> PageResult {
    let sku = flow::catalog::find_sku(&web.app, id).await?;
    let (facts, most, now) = (&sku.facts, most(&sku), web.app.now());
    let item = Item {
        frame,
        notice,
        name: labels::name(facts, frame.lang),
        caption: labels::caption(facts, frame.lang),
        picture: labels::picture(&facts.image),
        sold: labels::sold(&sku, frame.lang),
        stock: StockLabel::of(&sku, now),
        clock: clock(&sku, now),
        num: num.clamp(1, most),
        most,
        spec: spec(facts.spec.as_deref().unwrap_or_default()),
        postage: web.app.settings.rules.postage,
        sku: &sku,
    };
    show_as(status, frame, &item)
}

fn clock(sku: &Sku, now: UtcMs) -> Option<Countdown> {
    let until = match sku.sale.phase_at(now) {
        SalePhase::Before(from) => Some(from),
        SalePhase::During => sku.sale.to,
        SalePhase::After(_) => None,
    };
    until.map(|until| Countdown { until, now })
}

impl Item<'_> {
    /// When the sale starts or ends.
    fn sale_text(&self, clock: &Countdown) -> String {
        let (at, lang) = (labels::month_day_time(clock.until), self.frame.lang);
        if self.stock.is_upcoming() {
            return lang.of(&format!("{at} 开售"), &format!("On sale from {at} Beijing time")).to_owned();
        }
        lang.of(&format!("抢购中，{at} 结束"), &format!("On sale until {at} Beijing time")).to_owned()
    }

    fn unavailable_reason(&self) -> &'static str {
        match self.stock {
            StockLabel::OffShelf => self.frame.lang.of("这件商品已下架", "This item is no longer sold"),
            StockLabel::Ended => self.frame.lang.of("抢购已结束", "This sale has ended"),
            StockLabel::SoldOut | StockLabel::Few(_) | StockLabel::InStock | StockLabel::Upcoming(_) => {
                self.frame.lang.of("这件商品已售罄", "This item is sold out")
            }
        }
    }
}

/// The properties in a SKU's `spec` column; empty if it is not a JSON object.
fn spec(json: &str) -> Vec<(String, String)> {
    let read: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
    let text = |value: serde_json::Value| match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    };
    read.into_iter().map(|(name, value)| (name, text(value))).collect()
}
