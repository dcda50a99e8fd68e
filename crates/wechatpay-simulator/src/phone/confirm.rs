//! The confirmation page of a payment.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::html::{escape, query_value, yuan};
use super::language::Language;
use super::page::{BackLink, Page, Tab};
use crate::state::SimulatorState;
use crate::trade::Trade;
use crate::trade::payment::{DEFAULT_OPENID, PayError, payable};
use crate::trade::store::TradeSelector;

/// Shows the trade of a code with two buttons, or why it cannot be paid.
pub fn show(state: &SimulatorState, code: &str, language: Language) -> Response {
    let found = payable_trade(state, code);
    match found {
        Ok(trade) => question(state, &trade, language),
        Err(why) => refusal(state, why, language),
    }
}

fn payable_trade(state: &SimulatorState, code: &str) -> Result<Trade, PayError> {
    let trades = state.trades();
    let trade = trades.find(TradeSelector::Code(code))?;
    payable(trade, DEFAULT_OPENID, state.clock().now()).map(|()| trade.clone())
}

fn question(state: &SimulatorState, trade: &Trade, language: Language) -> Response {
    let body = format!(
        "<section class=confirm><p class=payee>{to}<b>{body}</b></p><p class=amount><i>¥</i>{sum}</p>\
         <dl class=facts><dt>{number_label}</dt><dd>{number}</dd><dt>{payee_label}</dt><dd>{mch_id}</dd>\
         <dt>{method_label}</dt><dd>{method}</dd></dl>\
         <form action=/phone/pay method=post><input type=hidden name=code_url value=\"{code}\">\
         <button class=primary>{pay}</button></form>\
         <a class=quiet href=\"/phone/cancelled?code={code_query}\">{cancel}</a></section>",
        to = language.pick("付款给商家", "Pay the merchant for"),
        body = escape(&trade.order.body),
        sum = yuan(trade.order.total_fee),
        number_label = language.pick("商户订单号", "Order number"),
        number = escape(&trade.order.out_trade_no),
        payee_label = language.pick("商户号", "Merchant"),
        mch_id = escape(&trade.order.merchant.mch_id),
        method_label = language.pick("付款方式", "Paid from"),
        method = language.pick("模拟零钱", "Simulated balance"),
        code = escape(&trade.code.url),
        code_query = query_value(&trade.code.url),
        pay = language.pick("确认支付", "Confirm payment"),
        cancel = language.pick("取消支付", "Cancel"),
    );
    Page {
        language, title: language.pick("确认付款", "Confirm"), back: BackLink::Home, tab: Tab::Pay, body
    }
    .render(state)
}

/// The page for a payment that is not possible.
pub fn refusal(state: &SimulatorState, why: PayError, language: Language) -> Response {
    let body = format!(
        "<section class=result><div class=\"badge bad\" aria-hidden=true>!</div><h2>{title}</h2><p>{why}</p>\
         <a class=primary href=/>{home}</a></section>",
        title = language.pick("无法付款", "This cannot be paid"),
        why = escape(explain(why, language)),
        home = language.pick("返回", "BackLink"),
    );
    let page =
        Page { language, title: language.pick("付款", "Pay"), back: BackLink::Home, tab: Tab::Pay, body }
            .render(state);
    (StatusCode::CONFLICT, page).into_response()
}

fn explain(why: PayError, language: Language) -> &'static str {
    match why {
        PayError::Unknown => language.pick(
            "二维码无效，或已被新的二维码取代。",
            "No order has this code, or a newer code replaced it.",
        ),
        PayError::Ambiguous => language.pick("多个商户有这个订单号。", "Several merchants have this number."),
        PayError::CodeExpired => language.pick(
            "二维码已过期（两小时），请商家重新出码。",
            "The code is older than two hours. Ask the merchant for a new one.",
        ),
        PayError::Closed => language.pick("订单已关闭。", "The order is closed."),
        PayError::AlreadyPaid => {
            language.pick("订单已支付，无需重复付款。", "You have paid this order already.")
        }
        PayError::CouponTooLarge => {
            language.pick("优惠金额大于订单金额。", "The coupon is larger than the sum.")
        }
        PayError::PaidByAnother => language.pick("商户订单信息有误。", "Somebody else has paid this order."),
    }
}
