//! The question: pay this?

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::html::{escape, query_value, yuan};
use super::language::Language;
use super::page::{Back, Page, Tab};
use crate::state::World;
use crate::trade::Trade;
use crate::trade::payment::{DEFAULT_OPENID, PayRefusal, payable};
use crate::trade::store::Which;

/// The trade behind a code with its two buttons, or why it cannot be paid.
pub fn show(world: &World, code: &str, language: Language) -> Response {
    let found = payable_trade(world, code);
    match found {
        Ok(trade) => question(world, &trade, language),
        Err(why) => refusal(world, why, language),
    }
}

fn payable_trade(world: &World, code: &str) -> Result<Trade, PayRefusal> {
    let book = world.book();
    let trade = book.find(Which::Code(code))?;
    payable(trade, DEFAULT_OPENID, world.clock().now()).map(|()| trade.clone())
}

fn question(world: &World, trade: &Trade, language: Language) -> Response {
    let body = format!(
        "<section class=confirm><p class=payee>{to}<b>{body}</b></p><p class=amount><i>¥</i>{sum}</p>\
         <dl class=facts><dt>{number_label}</dt><dd>{number}</dd><dt>{payee_label}</dt><dd>{mch_id}</dd>\
         <dt>{method_label}</dt><dd>{method}</dd></dl>\
         <form action=/phone/pay method=post><input type=hidden name=code_url value=\"{code}\">\
         <button class=primary>{pay}</button></form>\
         <a class=quiet href=\"/phone/cancelled?code={code_query}\">{cancel}</a></section>",
        to = language.say("付款给商家", "Pay the merchant for"),
        body = escape(&trade.order.body),
        sum = yuan(trade.order.total_fee),
        number_label = language.say("商户订单号", "Order number"),
        number = escape(&trade.order.out_trade_no),
        payee_label = language.say("商户号", "Merchant"),
        mch_id = escape(&trade.order.merchant.mch_id),
        method_label = language.say("付款方式", "Paid from"),
        method = language.say("模拟零钱", "Simulated balance"),
        code = escape(&trade.code.url),
        code_query = query_value(&trade.code.url),
        pay = language.say("确认支付", "Confirm payment"),
        cancel = language.say("取消支付", "Cancel"),
    );
    Page { language, title: language.say("确认付款", "Confirm"), back: Back::Home, tab: Tab::Pay, body }
        .render(world)
}

/// The page that says why not.
pub fn refusal(world: &World, why: PayRefusal, language: Language) -> Response {
    let body = format!(
        "<section class=result><div class=\"badge bad\" aria-hidden=true>!</div><h2>{title}</h2><p>{why}</p>\
         <a class=primary href=/>{home}</a></section>",
        title = language.say("无法付款", "This cannot be paid"),
        why = escape(told(why, language)),
        home = language.say("返回", "Back"),
    );
    let page = Page { language, title: language.say("付款", "Pay"), back: Back::Home, tab: Tab::Pay, body }
        .render(world);
    (StatusCode::CONFLICT, page).into_response()
}

fn told(why: PayRefusal, language: Language) -> &'static str {
    match why {
        PayRefusal::Unknown => language.say(
            "二维码无效，或已被新的二维码取代。",
            "No order has this code, or a newer code replaced it.",
        ),
        PayRefusal::Ambiguous => {
            language.say("多个商户有这个订单号。", "Several merchants have this number.")
        }
        PayRefusal::CodeExpired => language.say(
            "二维码已过期（两小时），请商家重新出码。",
            "The code is older than two hours. Ask the merchant for a new one.",
        ),
        PayRefusal::Closed => language.say("订单已关闭。", "The order is closed."),
        PayRefusal::AlreadyPaid => {
            language.say("订单已支付，无需重复付款。", "You have paid this order already.")
        }
        PayRefusal::CouponTooLarge => {
            language.say("优惠金额大于订单金额。", "The coupon is larger than the sum.")
        }
        PayRefusal::PaidByAnother => language.say("商户订单信息有误。", "Somebody else has paid this order."),
    }
}
