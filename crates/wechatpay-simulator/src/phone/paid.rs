//! Paying, and the page after it.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::confirm;
use super::html::{escape, query_value, yuan};
use super::language::Language;
use super::page::{BackLink, Page, Tab};
use crate::actions;
use crate::state::SimulatorState;
use crate::timestamp;
use crate::trade::payment::{PayError, Payer};
use crate::trade::refund::{RefundEnding, RefundState};
use crate::trade::store::TradeSelector;
use crate::trade::{Payment, Refund, Trade, TradeStatus};

#[derive(Deserialize)]
pub struct PayForm {
    code_url: String,
}

#[derive(Deserialize)]
pub struct PaidQuery {
    transaction_id: String,
}

/// Pays and redirects to the success page, so that reloading does not pay again.
pub async fn pay(
    State(state): State<SimulatorState>,
    headers: HeaderMap,
    Form(form): Form<PayForm>,
) -> Response {
    match actions::pay(&state, TradeSelector::Code(&form.code_url), &Payer::demo()).map(|trade| trade.status)
    {
        Ok(TradeStatus::Paid(payment)) => {
            let id = query_value(&payment.transaction_id);
            Redirect::to(&format!("/phone/paid?transaction_id={id}")).into_response()
        }
        Ok(TradeStatus::Open | TradeStatus::Closed) => Redirect::to("/").into_response(),
        Err(why) => confirm::refusal(&state, why, Language::from_headers(&headers)),
    }
}

pub async fn show(
    State(state): State<SimulatorState>,
    Query(asked): Query<PaidQuery>,
    headers: HeaderMap,
) -> Response {
    let language = Language::from_headers(&headers);
    let trade = state.trades().by_transaction_id(&asked.transaction_id).cloned();
    match trade.as_ref().map(|trade| (trade, &trade.status)) {
        Some((trade, TradeStatus::Paid(payment))) => success(&state, trade, payment, language),
        Some((_, TradeStatus::Open | TradeStatus::Closed)) | None => {
            confirm::refusal(&state, PayError::Unknown, language)
        }
    }
}

fn success(state: &SimulatorState, trade: &Trade, payment: &Payment, language: Language) -> Response {
    let body = format!(
        "<section class=result><div class=badge aria-hidden=true><svg viewBox=\"0 0 24 24\" width=34 height=34>\
         <path d=\"M5 12.5l4.5 4.5L19 7.5\" fill=none stroke=#fff stroke-width=2.6 stroke-linecap=round \
         stroke-linejoin=round /></svg></div><h2>{paid}</h2><p class=amount><i>¥</i>{sum}</p>\
         <dl class=facts><dt>{what_label}</dt><dd>{what}</dd><dt>{number_label}</dt><dd>{number}</dd>\
         <dt>{id_label}</dt><dd>{id}</dd><dt>{at_label}</dt><dd>{at}</dd>{refunds}</dl>\
         <a class=primary href=/>{done}</a><a class=quiet href=/notifications>{notices}</a></section>",
        paid = language.pick("支付成功", "Paid"),
        sum = yuan(payment.amount),
        what_label = language.pick("商品", "For"),
        what = escape(&trade.order.body),
        number_label = language.pick("商户订单号", "Order number"),
        number = escape(&trade.order.out_trade_no),
        id_label = language.pick("交易单号", "Transaction"),
        id = escape(&payment.transaction_id),
        at_label = language.pick("支付时间", "Paid at"),
        at = timestamp::readable(payment.paid_ms),
        refunds = refunds(trade, state.clock().now(), language),
        done = language.pick("完成", "Done"),
        notices = language.pick("查看给商家的通知", "See the notice to the merchant"),
    );
    Page {
        language, title: language.pick("付款结果", "Result"), back: BackLink::Home, tab: Tab::Pay, body
    }
    .render(state)
}

/// The refunds of the trade.
fn refunds(trade: &Trade, now_ms: i64, language: Language) -> String {
    let line = |refund: &Refund| {
        let state = match refund.state(now_ms) {
            RefundState::Processing => language.pick("退款中", "on its way"),
            RefundState::Ended(RefundEnding::Success) => language.pick("已退回", "refunded"),
            RefundState::Ended(RefundEnding::Abnormal) => language.pick("退款异常", "stuck"),
            RefundState::Ended(RefundEnding::Closed) => language.pick("退款关闭", "given up"),
        };
        let label = language.pick("退款", "Refund");
        format!("<dt>{label}</dt><dd>¥{} · {state}</dd>", yuan(refund.request.amount))
    };
    trade.refunds.iter().map(line).collect()
}
