//! `/orders`: a buyer's orders by state.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::super::WebState;
use super::super::api::order::filter;
use super::super::input::{PageOf, Params};
use super::flash::Flash;
use super::labels;
use super::page_context::{BuyerContext, PageContext};
use super::pager::Pager;
use super::render::{PageResult, show as shown};
use super::tabs::{Tab, tabs};
use crate::domain::lang::Lang;
use crate::domain::status::OrderState;
use crate::flow;
use crate::store::order::{Order, OrderItem};

/// Orders per page.
const SIZE: i64 = 10;

/// Lines shown per order.
const LINES_SHOWN: usize = 3;

#[derive(Deserialize)]
pub(in super::super) struct OrdersQuery {
    status: Option<String>,
    page: Option<i64>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "orders.html")]
struct Orders<'a> {
    frame: &'a PageContext,
    notice: Option<Flash>,
    tabs: Vec<Tab>,
    orders: Vec<Row>,
    pager: Pager,
}

struct Row {
    state: &'static str,
    tone: &'static str,
    item_count: String,
    shown: Vec<OrderItem>,
    more: usize,
    order: Order,
}

pub(in super::super) async fn show(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    Params(asked): Params<OrdersQuery>,
) -> PageResult {
    let (page, size) = PageOf::new(asked.page, Some(SIZE)).bounds()?;
    let which = asked.status.as_deref().filter(|word| !word.is_empty()).unwrap_or("all");
    let (total, list) =
        flow::fulfil::order_page(&web.app, username, filter(Some(which))?, page, size).await?;
    let orders = Orders {
        notice: Flash::done(asked.done.as_deref(), frame.lang),
        tabs: tabs(statuses(frame.lang), which),
        orders: list.into_iter().map(|(order, items)| row(order, items, frame.lang)).collect(),
        pager: Pager::new(page, size, total, |page| format!("/orders?status={which}&page={page}")),
        frame: &frame,
    };
    shown(&frame, &orders)
}

fn statuses(lang: Lang) -> [(&'static str, &'static str); 6] {
    [
        ("all", lang.of("全部", "All")),
        ("unpaid", labels::order_state(OrderState::AwaitingPayment, lang)),
        ("unshipped", labels::order_state(OrderState::AwaitingShipment, lang)),
        ("shipped", labels::order_state(OrderState::Shipped, lang)),
        ("completed", labels::order_state(OrderState::Completed, lang)),
        ("closed", labels::order_state(OrderState::Closed, lang)),
    ]
}

fn row(order: Order, mut items: Vec<OrderItem>, lang: Lang) -> Row {
    let more = items.len().saturating_sub(LINES_SHOWN);
    items.truncate(LINES_SHOWN);
    for item in &mut items {
        item.image = labels::picture(&item.image).to_owned();
    }
    Row {
        state: labels::order_state(order.state, lang),
        tone: labels::tone(order.state),
        item_count: labels::item_count(order.quote.total_num, lang),
        shown: items,
        more,
        order,
    }
}

impl Row {
    fn is_due(&self) -> bool {
        self.tone == "due"
    }
}
