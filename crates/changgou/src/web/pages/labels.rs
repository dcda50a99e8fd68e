//! The words that several pages share: one meaning, one word, in both languages.

use crate::domain::clock::UtcMs;
use crate::domain::lang::Lang;
use crate::domain::money::Fen;
use crate::domain::status::{OrderState, PayType};
use crate::store::catalog::{Sku, SkuFacts};
use crate::store::order::Order;
use crate::store::order::history::HistoryKind;

/// Shown where a SKU has no picture of its own.
const NO_PICTURE: &str = "/static/no-picture.svg";

/// A SKU's name in the page's language.
pub(super) fn name(facts: &SkuFacts, lang: Lang) -> &str {
    lang.of(&facts.name, facts.name_en.as_deref().unwrap_or(&facts.name))
}

/// What speaks for a SKU, in the page's language.
pub(super) fn caption(facts: &SkuFacts, lang: Lang) -> &str {
    let zh = facts.caption.as_deref().unwrap_or_default();
    lang.of(zh, facts.caption_en.as_deref().unwrap_or(zh))
}

/// A picture's address.
pub(super) fn picture(image: &str) -> &str {
    if image.is_empty() { NO_PICTURE } else { image }
}

/// How many were sold, short.
pub(super) fn sold(sku: &Sku, lang: Lang) -> String {
    let (num, tens) = (sku.sale_num, sku.sale_num / 1000);
    let zh = if num >= 10_000 {
        format!("已售 {}.{} 万+", tens / 10, tens % 10)
    } else {
        format!("已售 {num}")
    };
    lang.of(&zh, &format!("{num} sold")).to_owned()
}

/// `n` pieces.
pub(super) fn pieces(num: i64, lang: Lang) -> String {
    let en = if num == 1 { "1 piece".to_owned() } else { format!("{num} pieces") };
    lang.of(&format!("{num} 件"), &en).to_owned()
}

/// Month, day and time in Beijing: what is near needs no year.
pub(super) fn soon(at: UtcMs) -> String {
    at.beijing().get(5..).unwrap_or_default().to_owned()
}

/// When a sale begins.
pub(super) fn opens(from: UtcMs, lang: Lang) -> String {
    let at = soon(from);
    lang.of(&format!("{at} 开售"), &format!("On sale {at}")).to_owned()
}

/// Where an order stands.
pub(super) fn state(order: &Order, lang: Lang) -> &'static str {
    match (order.state, order.pay_type) {
        (OrderState::AwaitingPayment, _) => lang.of("待付款", "To pay"),
        (OrderState::AwaitingShipment, _) => lang.of("待发货", "To ship"),
        (OrderState::Shipped, _) => lang.of("待收货", "On its way"),
        (OrderState::Completed, _) => lang.of("已完成", "Completed"),
        (OrderState::Closed, _) => lang.of("已关闭", "Closed"),
        (OrderState::Returned, _) => lang.of("已退货", "Returned"),
        (OrderState::Refunded, _) => lang.of("已退款", "Refunded"),
    }
}

/// The colour of a state's badge.
pub(super) fn tone(state: OrderState) -> &'static str {
    match state {
        OrderState::AwaitingPayment => "due",
        OrderState::AwaitingShipment | OrderState::Shipped => "moving",
        OrderState::Completed => "good",
        OrderState::Closed | OrderState::Returned | OrderState::Refunded => "over",
    }
}

/// By what an order became cheaper, and by how much.
pub(super) fn discounts(order: &Order, lang: Lang) -> Vec<(String, Fen)> {
    let discount = &order.discount;
    let points = discount.points_used;
    let rest = Fen(order.quote.pre_money.0 - discount.coupon_money.0 - discount.points_money.0);
    let all = [
        (lang.of("优惠券", "Coupon").to_owned(), discount.coupon_money),
        (lang.of(&format!("{points} 积分"), &format!("{points} points")).to_owned(), discount.points_money),
        (lang.of("优惠", "Taken off").to_owned(), rest),
    ];
    all.into_iter().filter(|(_, money)| *money > Fen::ZERO).collect()
}

/// How an order is paid.
pub(super) fn pay_type(pay_type: PayType, lang: Lang) -> &'static str {
    match pay_type {
        PayType::Online => lang.of("在线支付", "Online"),
        PayType::OnDelivery => lang.of("货到付款", "On delivery"),
    }
}

/// Why an order was closed.
pub(super) fn close_reason(reason: Option<&str>, lang: Lang) -> &'static str {
    match reason {
        Some("buyer") => lang.of("您取消了订单", "You cancelled it"),
        Some("expired") => lang.of("超过付款时间，已自动关闭", "It was not paid in time"),
        Some(_) | None => lang.of("订单已关闭", "The order was closed"),
    }
}

/// What happened to an order. A word that is not ours is shown as it is.
pub(super) fn event(word: &str, lang: Lang) -> String {
    let kinds = [
        HistoryKind::Placed,
        HistoryKind::Paid,
        HistoryKind::Shipped,
        HistoryKind::Received,
        HistoryKind::Closed,
        HistoryKind::CloseAsked,
        HistoryKind::CouponGranted,
        HistoryKind::PaidAfterClose,
        HistoryKind::PaidTwice,
        HistoryKind::Mismatch,
        HistoryKind::Reopened,
        HistoryKind::RefundAsked,
        HistoryKind::RefundDenied,
        HistoryKind::RefundOpened,
        HistoryKind::Refunded,
        HistoryKind::RefundTrouble,
    ];
    let known = kinds.into_iter().find(|kind| kind.word() == word);
    known.map_or_else(|| word.to_owned(), |kind| happened(kind, lang).to_owned())
}

fn happened(kind: HistoryKind, lang: Lang) -> &'static str {
    match kind {
        HistoryKind::Placed => lang.of("提交订单", "Ordered"),
        HistoryKind::Paid => lang.of("付款成功", "Paid"),
        HistoryKind::Shipped => lang.of("商家已发货", "Shipped"),
        HistoryKind::Received => lang.of("确认收货", "Received"),
        HistoryKind::Closed => lang.of("订单关闭", "Closed"),
        HistoryKind::CloseAsked => {
            lang.of("申请取消，等待微信支付确认", "Asked to close; WeChat Pay has to confirm")
        }
        HistoryKind::CouponGranted => lang.of("获得优惠券", "A coupon was granted"),
        HistoryKind::PaidAfterClose => lang.of(
            "关闭后收到付款，款项待人工处理",
            "Money came after the order closed; a person will see to it",
        ),
        HistoryKind::PaidTwice => {
            lang.of("收到重复付款，款项待人工处理", "Money came twice; a person will see to it")
        }
        HistoryKind::Mismatch => lang.of(
            "收到的付款与订单不符，款项待人工处理",
            "Money came that does not fit the order; a person will see to it",
        ),
        HistoryKind::Reopened => {
            lang.of("订单关闭后收到付款，已恢复订单", "Money came after it was closed; the order goes on")
        }
        HistoryKind::RefundAsked => {
            lang.of("已申请退款，等待商家处理", "A refund was asked for; the shop decides")
        }
        HistoryKind::RefundDenied => lang.of("商家未同意退款", "The shop did not grant the refund"),
        HistoryKind::RefundOpened => lang.of("退款处理中", "Money is on its way back"),
        HistoryKind::Refunded => lang.of("退款已到账", "The money came back"),
        HistoryKind::RefundTrouble => {
            lang.of("退款遇到问题，商家正在处理", "The refund met a problem; the shop sees to it")
        }
    }
}
