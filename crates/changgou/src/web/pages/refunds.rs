//! `/admin/refunds`: refunds and payments that wait for an operator.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::super::WebState;
use super::super::extractors::Operator;
use super::super::input::Params;
use super::flash::Flash;
use super::page_context::PageContext;
use super::refund_labels as words;
use super::render::{PageResult, show_as};
use crate::domain::id::OrderId;
use crate::domain::limits::REFUND_WORDS_MAX;
use crate::domain::status::PayType;
use crate::flow;
use crate::flow::refund::RefundOverview;
use crate::store::order::Order;
use crate::store::payment::flag::{self, PaymentFlag};
use crate::store::payment::refund::{Refund, RefundState as Stands};

pub(super) const PATH: &str = "/admin/refunds";

#[derive(Deserialize)]
pub(in super::super) struct RefundsQuery {
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "refunds.html")]
struct Refunds<'a> {
    frame: &'a PageContext,
    notice: Option<Flash>,
    overview: RefundOverview,
}

pub(in super::super) async fn show(
    State(web): State<WebState>,
    _by: Operator,
    frame: PageContext,
    Params(asked): Params<RefundsQuery>,
) -> PageResult {
    let notice = Flash::done(asked.done.as_deref(), frame.lang);
    page(&web, &frame, StatusCode::OK, notice).await
}

pub(super) async fn page(
    web: &WebState,
    frame: &PageContext,
    status: StatusCode,
    notice: Option<Flash>,
) -> PageResult {
    let overview = flow::refund::load_overview(&web.app).await?;
    show_as(status, frame, &Refunds { frame, notice, overview })
}

impl Refunds<'_> {
    fn is_empty(&self) -> bool {
        let RefundOverview { troubles, wishes, held, under_way, .. } = &self.overview;
        troubles.is_empty() && wishes.is_empty() && held.is_empty() && under_way.is_empty()
    }

    fn order(&self, id: &OrderId) -> Option<&Order> {
        self.overview.orders.get(id)
    }

    /// Whether the buyer paid on delivery, so that WeChat Pay has nothing to refund.
    fn is_on_delivery(&self, id: &OrderId) -> bool {
        self.order(id).is_some_and(|order| order.pay_type == PayType::OnDelivery)
    }

    fn state(&self, refund: &Refund) -> &'static str {
        words::state(refund.state, self.frame.lang)
    }

    /// Whether the buyer's account cannot be credited, so that a retry seldom helps.
    fn is_abnormal(&self, refund: &Refund) -> bool {
        refund.state == Stands::Abnormal
    }

    /// Whether the payment matches no order, so that only an operator can record the result.
    fn needs_manual_review(&self, flag: &PaymentFlag) -> bool {
        flag.kind == flag::FlagKind::Mismatch.word()
    }

    /// WeChat Pay's answer, if it says more than the state.
    fn wechat_reply<'r>(&self, refund: &'r Refund) -> Option<&'r str> {
        refund.told.as_deref().filter(|_| !self.is_abnormal(refund))
    }

    fn cause(&self, refund: &Refund) -> &'static str {
        words::cause(refund.cause, self.frame.lang)
    }

    fn advice(&self, refund: &Refund) -> &'static str {
        words::advice(refund.state, self.frame.lang)
    }
}
