//! Paying, and the screen after it.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::confirm;
use super::html::{escape, query_value, yuan};
use super::language::Language;
use super::page::{Back, Page, Tab};
use crate::actions;
use crate::state::World;
use crate::timestamp;
use crate::trade::payment::{PayRefusal, Payer};
use crate::trade::refund::{Course, RefundState};
use crate::trade::store::Which;
use crate::trade::{Fate, Payment, Refund, Trade};

#[derive(Deserialize)]
pub struct Wish {
    code_url: String,
}

#[derive(Deserialize)]
pub struct Asked {
    transaction_id: String,
}

/// Pays and leads to the success screen, so that reloading it pays nothing.
pub async fn pay(State(world): State<World>, headers: HeaderMap, Form(wish): Form<Wish>) -> Response {
    match actions::pay(&world, Which::Code(&wish.code_url), &Payer::anybody()).map(|trade| trade.fate) {
        Ok(Fate::Paid(payment)) => {
            let id = query_value(&payment.transaction_id);
            Redirect::to(&format!("/phone/paid?transaction_id={id}")).into_response()
        }
        Ok(Fate::Open | Fate::Closed) => Redirect::to("/").into_response(),
        Err(why) => confirm::refusal(&world, why, Language::of(&headers)),
    }
}

pub async fn show(State(world): State<World>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let language = Language::of(&headers);
    let trade = world.book().by_transaction(&asked.transaction_id).cloned();
    match trade.as_ref().map(|trade| (trade, &trade.fate)) {
        Some((trade, Fate::Paid(payment))) => success(&world, trade, payment, language),
        Some((_, Fate::Open | Fate::Closed)) | None => {
            confirm::refusal(&world, PayRefusal::Unknown, language)
        }
    }
}

fn success(world: &World, trade: &Trade, payment: &Payment, language: Language) -> Response {
    let body = format!(
        "<section class=result><div class=badge aria-hidden=true><svg viewBox=\"0 0 24 24\" width=34 height=34>\
         <path d=\"M5 12.5l4.5 4.5L19 7.5\" fill=none stroke=#fff stroke-width=2.6 stroke-linecap=round \
         stroke-linejoin=round /></svg></div><h2>{paid}</h2><p class=amount><i>¥</i>{sum}</p>\
         <dl class=facts><dt>{what_label}</dt><dd>{what}</dd><dt>{number_label}</dt><dd>{number}</dd>\
         <dt>{id_label}</dt><dd>{id}</dd><dt>{at_label}</dt><dd>{at}</dd>{refunds}</dl>\
         <a class=primary href=/>{done}</a><a class=quiet href=/notifications>{notices}</a></section>",
        paid = language.say("支付成功", "Paid"),
        sum = yuan(payment.amount),
        what_label = language.say("商品", "For"),
        what = escape(&trade.order.body),
        number_label = language.say("商户订单号", "Order number"),
        number = escape(&trade.order.out_trade_no),
        id_label = language.say("交易单号", "Transaction"),
        id = escape(&payment.transaction_id),
        at_label = language.say("支付时间", "Paid at"),
        at = timestamp::readable(payment.paid_ms),
        refunds = refunds(trade, world.clock().now(), language),
        done = language.say("完成", "Done"),
        notices = language.say("查看给商家的通知", "See the notice to the merchant"),
    );
    Page { language, title: language.say("付款结果", "Result"), back: Back::Home, tab: Tab::Pay, body }
        .render(world)
}

/// What came back, and what is on its way.
fn refunds(trade: &Trade, now_ms: i64, language: Language) -> String {
    let line = |refund: &Refund| {
        let state = match refund.state(now_ms) {
            RefundState::Processing => language.say("退款中", "on its way"),
            RefundState::Ended(Course::Succeeds) => language.say("已退回", "refunded"),
            RefundState::Ended(Course::Sticks) => language.say("退款异常", "stuck"),
            RefundState::Ended(Course::Closes) => language.say("退款关闭", "given up"),
        };
        let label = language.say("退款", "Refund");
        format!("<dt>{label}</dt><dd>¥{} · {state}</dd>", yuan(refund.wish.amount))
    };
    trade.refunds.iter().map(line).collect()
}
