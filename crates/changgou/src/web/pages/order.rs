//! `/orders/{id}`: an order, its history, and what its buyer may do with it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::super::WebState;
use super::super::input::{Form, Params, PathOrder};
use super::super::response::{ApiProblem, status};
use super::flash::{Flash, into_refusal};
use super::page_context::{BuyerContext, PageContext};
use super::render::{PageResult, see_other, show_as};
use super::{labels, refund_labels};
use crate::domain::clock::UtcMs;
use crate::domain::id::OrderId;
use crate::domain::lang::Lang;
use crate::domain::limits::REFUND_REASON_MAX;
use crate::domain::money::Fen;
use crate::domain::status::{OrderState, PayType};
use crate::flow;
use crate::flow::close::CancelOutcome;
use crate::flow::fulfil::OrderWithItems;
use crate::flow::refund::RequestOutcome;
use crate::store::order::history::{self, HistoryEvent};
use crate::store::order::{Order, OrderItem};
use crate::store::payment::refund::Refund;
use crate::store::payment::refund_request::RefundRequest;

#[derive(Deserialize)]
pub(in super::super) struct OrderQuery {
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage<'a> {
    frame: &'a PageContext,
    notice: Option<Flash>,
    order: Order,
    items: Vec<OrderItem>,
    events: Vec<HistoryEvent>,
    steps: Vec<Step>,
    refunds: Vec<RefundRow>,
    wish: Option<RefundRequest>,
    flagged: bool,
}

struct RefundRow {
    tone: &'static str,
    state: String,
    refund: Refund,
}

/// A step of the progress bar.
struct Step {
    title: &'static str,
    at: Option<UtcMs>,
    is_done: bool,
}

pub(in super::super) async fn show(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    PathOrder(id): PathOrder,
    Params(asked): Params<OrderQuery>,
) -> PageResult {
    let notice = Flash::done(asked.done.as_deref(), frame.lang);
    page(&web, &frame, username, id, StatusCode::OK, notice).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct RefundRequestForm {
    reason: String,
}

pub(in super::super) async fn refund(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    PathOrder(id): PathOrder,
    Form(wanted): Form<RefundRequestForm>,
) -> PageResult {
    let reason = match wanted.reason.trim() {
        "" => frame.of("买家申请退款", "Requested by the buyer").to_owned(),
        given => given.chars().take(REFUND_REASON_MAX).collect(),
    };
    let asked = flow::refund::request_refund(&web.app, &username, &id, &reason).await;
    let word = asked.map(|answer| match answer {
        RequestOutcome::Refunded(_) => "refunding",
        RequestOutcome::Waits => "refund-asked",
    });
    done(&web, frame, username, id, word).await
}

pub(in super::super) async fn cancel(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    PathOrder(id): PathOrder,
) -> PageResult {
    let cancelled = flow::close::cancel_order(&web.app, &username, &id).await;
    let word = cancelled.map(|cancelled| match cancelled {
        CancelOutcome::Closed => "cancelled",
        CancelOutcome::Asked => "asked",
    });
    done(&web, frame, username, id, word).await
}

pub(in super::super) async fn receive(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    PathOrder(id): PathOrder,
) -> PageResult {
    let received = flow::fulfil::receive(&web.app, username.clone(), id.clone()).await;
    done(&web, frame, username, id, received.map(|()| "received")).await
}

pub(in super::super) async fn hide(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    PathOrder(id): PathOrder,
) -> PageResult {
    match flow::fulfil::hide(&web.app, username.clone(), id.clone()).await {
        Ok(()) => Ok(see_other("/orders?done=deleted")),
        Err(error) => refused(&web, frame, username, id, error.into()).await,
    }
}

async fn done(
    web: &WebState,
    frame: PageContext,
    username: String,
    id: OrderId,
    word: flow::Outcome<&str>,
) -> PageResult {
    match word {
        Ok(word) => Ok(see_other(&format!("/orders/{id}?done={word}"))),
        Err(error) => refused(web, frame, username, id, error.into()).await,
    }
}

async fn refused(
    web: &WebState,
    frame: PageContext,
    username: String,
    id: OrderId,
    problem: ApiProblem,
) -> PageResult {
    let refusal = into_refusal(problem)?;
    let frame = frame.at_path(format!("/orders/{id}"));
    let notice = Flash::refused(&refusal, frame.lang);
    page(web, &frame, username, id, status(refusal.reason), Some(notice)).await
}

async fn page(
    web: &WebState,
    frame: &PageContext,
    username: String,
    id: OrderId,
    status: StatusCode,
    notice: Option<Flash>,
) -> PageResult {
    let whole = flow::fulfil::find_order_with_items(&web.app, username, id.clone()).await?;
    let OrderWithItems { order, mut items, events, refunds } = whole;
    for item in &mut items {
        item.image = labels::picture(&item.image).to_owned();
    }
    let page = OrderPage {
        frame,
        notice,
        steps: steps(&order, frame.lang),
        refunds: refunds.into_iter().filter_map(|refund| refund_row(refund, frame.lang)).collect(),
        wish: wish(web, &order).await?,
        flagged: flow::settle::has_open_flag(&web.app, &id).await?,
        order,
        items,
        events,
    };
    show_as(status, frame, &page)
}

fn refund_row(refund: Refund, lang: Lang) -> Option<RefundRow> {
    let (tone, state) = refund_labels::state_for_buyer(&refund, lang)?;
    Some(RefundRow { tone, state, refund })
}

/// The buyer's pending refund request; only orders that have shipped can have one.
async fn wish(web: &WebState, order: &Order) -> flow::Outcome<Option<RefundRequest>> {
    match order.state {
        OrderState::Shipped | OrderState::Completed => flow::refund::find_request(&web.app, &order.id).await,
        OrderState::AwaitingPayment
        | OrderState::AwaitingShipment
        | OrderState::Closed
        | OrderState::Returned
        | OrderState::Refunded => Ok(None),
    }
}

/// The steps of an order; those that are done have a time.
fn steps(order: &Order, lang: Lang) -> Vec<Step> {
    let times = order.times;
    let placed = (lang.of("提交订单", "Placed"), Some(times.create));
    let paid = (lang.of("付款", "Paid"), times.pay);
    let shipped = (lang.of("发货", "Shipped"), times.consign);
    let ended = (lang.of("完成", "Completed"), times.end);
    let closed = (lang.of("关闭", "Closed"), times.close);
    let stages = match (order.state, order.pay_type) {
        (OrderState::Closed, _) => vec![placed, closed],
        (OrderState::Refunded, _) => vec![placed, paid, (lang.of("退款", "Refunded"), times.end)],
        (_, PayType::Online) => vec![placed, paid, shipped, ended],
        (_, PayType::OnDelivery) => vec![placed, shipped, ended],
    };
    let step = |(title, at): (&'static str, Option<UtcMs>)| Step { title, at, is_done: at.is_some() };
    stages.into_iter().map(step).collect()
}

impl OrderPage<'_> {
    fn state(&self) -> &'static str {
        labels::order_state(self.order.state, self.frame.lang)
    }

    fn tone(&self) -> &'static str {
        labels::tone(self.order.state)
    }

    fn pay_type(&self) -> &'static str {
        labels::pay_type(self.order.pay_type, self.frame.lang)
    }

    /// The sentence below the state.
    fn meaning(&self) -> String {
        let (frame, order) = (self.frame, &self.order);
        match order.state {
            OrderState::AwaitingPayment => {
                let until = order.pay_by.map(UtcMs::beijing).unwrap_or_default();
                frame
                    .of(
                        &format!("请在 {until} 前付款，逾期订单自动关闭"),
                        &format!("Please pay by {until}, or the order will be closed automatically"),
                    )
                    .to_owned()
            }
            OrderState::AwaitingShipment => {
                frame.of("商家正在备货", "The shop is preparing your order").to_owned()
            }
            OrderState::Shipped => frame
                .of(
                    "包裹正在路上，收到后请确认收货",
                    "Your parcel is on its way; please confirm receipt when it arrives",
                )
                .to_owned(),
            OrderState::Completed => frame.of("感谢您的购买", "Thank you for shopping with us").to_owned(),
            OrderState::Closed => labels::close_reason(order.close_reason.as_deref(), frame.lang).to_owned(),
            OrderState::Returned => frame.of("商品已退回", "The items have been returned").to_owned(),
            OrderState::Refunded => frame
                .of(
                    "订单已取消，款项将原路退回",
                    "Order cancelled; the refund goes to your original payment method",
                )
                .to_owned(),
        }
    }

    fn can_pay(&self) -> bool {
        self.order.state == OrderState::AwaitingPayment
    }

    fn can_cancel(&self) -> bool {
        let is_called_off =
            self.order.state == OrderState::AwaitingShipment && self.order.pay_type == PayType::OnDelivery;
        self.can_pay() || is_called_off
    }

    fn can_request_refund(&self) -> bool {
        match self.order.state {
            OrderState::AwaitingShipment => self.order.pay_type == PayType::Online,
            OrderState::Shipped | OrderState::Completed => self.wish.is_none(),
            OrderState::AwaitingPayment
            | OrderState::Closed
            | OrderState::Returned
            | OrderState::Refunded => false,
        }
    }

    fn can_receive(&self) -> bool {
        self.order.state == OrderState::Shipped
    }

    /// Whether the coupon and points used have been returned.
    fn discounts_returned(&self) -> bool {
        self.order.state == OrderState::Closed && self.order.quote.pre_money > Fen::ZERO
    }

    fn can_delete(&self) -> bool {
        match self.order.state {
            OrderState::Completed | OrderState::Closed | OrderState::Returned | OrderState::Refunded => true,
            OrderState::AwaitingPayment | OrderState::AwaitingShipment | OrderState::Shipped => false,
        }
    }

    fn event_text(&self, event: &HistoryEvent) -> String {
        labels::history_text(&event.kind, self.frame.lang)
    }

    /// The parcel number, the coupon's name and the reason for a declined refund;
    /// other details are for the shop only.
    fn event_detail<'e>(&self, event: &'e HistoryEvent) -> &'e str {
        let told = [
            history::HistoryKind::Shipped,
            history::HistoryKind::CouponGranted,
            history::HistoryKind::RefundDenied,
        ];
        let is_told = told.iter().any(|kind| kind.word() == event.kind);
        event.detail.as_deref().filter(|_| is_told).unwrap_or_default()
    }
}
