//! Texts that several pages share, so that one meaning has one word in each language.

use crate::domain::clock::UtcMs;
use crate::domain::lang::Lang;
use crate::domain::money::Fen;
use crate::domain::status::{OrderState, PayType};
use crate::store::catalog::{Sku, SkuFacts};
use crate::store::order::Order;
use crate::store::order::history::HistoryKind;

const NO_PICTURE: &str = "/static/no-picture.svg";

pub(super) fn name(facts: &SkuFacts, lang: Lang) -> &str {
    lang.of(&facts.name, facts.name_en.as_deref().unwrap_or(&facts.name))
}

pub(super) fn caption(facts: &SkuFacts, lang: Lang) -> &str {
    let zh = facts.caption.as_deref().unwrap_or_default();
    lang.of(zh, facts.caption_en.as_deref().unwrap_or(zh))
}

pub(super) fn picture(image: &str) -> &str {
    if image.is_empty() { NO_PICTURE } else { image }
}

pub(super) fn sold(sku: &Sku, lang: Lang) -> String {
    let (num, tens) = (sku.sale_num, sku.sale_num / 1000);
    let zh = if num >= 10_000 {
        format!("已售 {}.{} 万+", tens / 10, tens % 10)
    } else {
        format!("已售 {num}")
    };
    lang.of(&zh, &format!("{num} sold")).to_owned()
}

pub(super) fn item_count(num: i64, lang: Lang) -> String {
    let en = if num == 1 { "1 item".to_owned() } else { format!("{num} items") };
    lang.of(&format!("{num} 件"), &en).to_owned()
}

/// Month, day and time in Beijing, without the year.
pub(super) fn month_day_time(at: UtcMs) -> String {
    at.beijing().get(5..).unwrap_or_default().to_owned()
}

pub(super) fn sale_starts(from: UtcMs, lang: Lang) -> String {
    let at = month_day_time(from);
    lang.of(&format!("{at} 开售"), &format!("Starts {at}")).to_owned()
}

pub(super) fn order_state(state: OrderState, lang: Lang) -> &'static str {
    match state {
        OrderState::AwaitingPayment => lang.of("待付款", "Awaiting payment"),
        OrderState::AwaitingShipment => lang.of("待发货", "Awaiting shipment"),
        OrderState::Shipped => lang.of("待收货", "Shipped"),
        OrderState::Completed => lang.of("已完成", "Completed"),
        OrderState::Closed => lang.of("已关闭", "Closed"),
        OrderState::Returned => lang.of("已退货", "Returned"),
        OrderState::Refunded => lang.of("已退款", "Refunded"),
    }
}

/// Shown while a payment that fits no order waits for an operator.
pub(super) fn payment_under_review(lang: Lang) -> &'static str {
    lang.of(
        "款项待人工处理：我们已收到一笔需要核对的付款。请先不要再次付款，客服会尽快与您联系。",
        "We have received a payment for this order that needs manual review. Please do not pay again; we will contact you.",
    )
}

/// The CSS class of a state's badge.
pub(super) fn tone(state: OrderState) -> &'static str {
    match state {
        OrderState::AwaitingPayment => "due",
        OrderState::AwaitingShipment | OrderState::Shipped => "moving",
        OrderState::Completed => "good",
        OrderState::Closed | OrderState::Returned | OrderState::Refunded => "over",
    }
}

/// The discounts of an order that are not zero, with their amounts.
pub(super) fn discounts(order: &Order, lang: Lang) -> Vec<(String, Fen)> {
    let discount = &order.discount;
    let points = discount.points_used;
    let rest = Fen(order.quote.pre_money.0 - discount.coupon_money.0 - discount.points_money.0);
    let all = [
        (lang.of("优惠券", "Coupon").to_owned(), discount.coupon_money),
        (lang.of(&format!("{points} 积分"), &format!("{points} points")).to_owned(), discount.points_money),
        (lang.of("优惠", "Discount").to_owned(), rest),
    ];
    all.into_iter().filter(|(_, money)| *money > Fen::ZERO).collect()
}

pub(super) fn pay_type(pay_type: PayType, lang: Lang) -> &'static str {
    match pay_type {
        PayType::Online => lang.of("在线支付", "Pay online"),
        PayType::OnDelivery => lang.of("货到付款", "Cash on delivery"),
    }
}

pub(super) fn close_reason(reason: Option<&str>, lang: Lang) -> &'static str {
    match reason {
        Some("buyer") => lang.of("您取消了订单", "You cancelled this order"),
        Some("expired") => lang.of("超时未付款，已自动关闭", "It was closed because it was not paid in time"),
        Some("operator") => lang.of("商家关闭了订单", "The shop closed this order"),
        Some("refused") => lang.of("您拒收了货物，订单已关闭", "You refused the parcel; the order is closed"),
        Some(_) | None => lang.of("订单已关闭", "Order closed"),
    }
}

/// An event of an order's history. An unknown word is shown as it is.
pub(super) fn history_text(word: &str, lang: Lang) -> String {
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
    known.map_or_else(|| word.to_owned(), |kind| history_kind_text(kind, lang).to_owned())
}

fn history_kind_text(kind: HistoryKind, lang: Lang) -> &'static str {
    match kind {
        HistoryKind::Placed => lang.of("提交订单", "Placed"),
        HistoryKind::Paid => lang.of("付款成功", "Paid"),
        HistoryKind::Shipped => lang.of("商家已发货", "Shipped"),
        HistoryKind::Received => lang.of("确认收货", "Receipt confirmed"),
        HistoryKind::Closed => lang.of("订单关闭", "Closed"),
        HistoryKind::CloseAsked => {
            lang.of("申请取消，等待微信支付确认", "Cancellation requested; waiting for WeChat Pay to confirm")
        }
        HistoryKind::CouponGranted => lang.of("获得优惠券", "Coupon received"),
        HistoryKind::PaidAfterClose => lang.of(
            "订单关闭后收到付款，款项待人工处理",
            "Payment received after the order was closed; under manual review",
        ),
        HistoryKind::PaidTwice => {
            lang.of("收到重复付款，款项待人工处理", "Duplicate payment received; under manual review")
        }
        HistoryKind::Mismatch => lang.of(
            "收到的付款与订单不符，款项待人工处理",
            "Payment received that does not match the order; under manual review",
        ),
        HistoryKind::Reopened => lang.of(
            "订单关闭后收到付款，已恢复订单",
            "Payment received after the order was closed; order reopened",
        ),
        HistoryKind::RefundAsked => {
            lang.of("已申请退款，等待商家处理", "Refund requested; waiting for the shop")
        }
        HistoryKind::RefundDenied => lang.of("商家拒绝退款", "Refund request declined by the shop"),
        HistoryKind::RefundOpened => lang.of("退款处理中", "Refund in progress"),
        HistoryKind::Refunded => lang.of("退款已到账", "Refund completed"),
        HistoryKind::RefundTrouble => {
            lang.of("退款遇到问题，商家正在处理", "Problem with the refund; the shop is handling it")
        }
    }
}
