//! `/admin/refunds`: money that goes back and waits for an operator's word.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::super::Web;
use super::super::extract::Operator;
use super::super::input::Params;
use super::flash::Notice;
use super::page_context::Frame;
use super::refund_labels as words;
use super::render::{Shown, show_as};
use crate::domain::id::OrderId;
use crate::domain::limits::REFUND_WORDS_MAX;
use crate::domain::status::PayType;
use crate::flow;
use crate::flow::refund::Desk;
use crate::store::order::Order;
use crate::store::payment::flag::{self, Flag};
use crate::store::payment::refund::{Refund, State as Stands};

/// Where the page lives.
pub(super) const HERE: &str = "/admin/refunds";

#[derive(Deserialize)]
pub(in super::super) struct Asked {
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "refunds.html")]
struct Refunds<'a> {
    frame: &'a Frame,
    notice: Option<Notice>,
    desk: Desk,
}

pub(in super::super) async fn show(
    State(web): State<Web>,
    _by: Operator,
    frame: Frame,
    Params(asked): Params<Asked>,
) -> Shown {
    let notice = Notice::done(asked.done.as_deref(), frame.lang);
    page(&web, &frame, StatusCode::OK, notice).await
}

pub(super) async fn page(web: &Web, frame: &Frame, status: StatusCode, notice: Option<Notice>) -> Shown {
    let desk = flow::refund::load_overview(&web.app).await?;
    show_as(status, frame, &Refunds { frame, notice, desk })
}

impl Refunds<'_> {
    fn is_empty(&self) -> bool {
        let Desk { troubles, wishes, held, under_way, .. } = &self.desk;
        troubles.is_empty() && wishes.is_empty() && held.is_empty() && under_way.is_empty()
    }

    fn order(&self, id: &OrderId) -> Option<&Order> {
        self.desk.orders.get(id)
    }

    /// Whether the shop has money of this order that WeChat could give back.
    fn is_on_delivery(&self, id: &OrderId) -> bool {
        self.order(id).is_some_and(|order| order.pay_type == PayType::OnDelivery)
    }

    fn state(&self, refund: &Refund) -> &'static str {
        words::state(refund.state, self.frame.lang)
    }

    /// Whether the payer's account takes no money, so that asking again seldom helps.
    fn is_abnormal(&self, refund: &Refund) -> bool {
        refund.state == Stands::Abnormal
    }

    /// Whether the money does not fit, so that only a person can tell what became of it.
    fn is_odd(&self, flag: &Flag) -> bool {
        flag.kind == flag::Kind::Mismatch.word()
    }

    /// What WeChat said, where that is more than the state says.
    fn told<'r>(&self, refund: &'r Refund) -> Option<&'r str> {
        refund.told.as_deref().filter(|_| !self.is_abnormal(refund))
    }

    fn cause(&self, refund: &Refund) -> &'static str {
        words::cause(refund.cause, self.frame.lang)
    }

    fn advice(&self, refund: &Refund) -> &'static str {
        words::advice(refund.state, self.frame.lang)
    }
}
