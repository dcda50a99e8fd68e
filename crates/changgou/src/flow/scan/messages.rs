//! What a payer's phone shows where a scan leads to no order. WeChat shows it
//! in one language, and no more than 42 letters of it.

use crate::domain::refusal::{Reason, Refusal};

/// What is told to whoever holds a phone, where that differs from what is told
/// to whoever sits before a cart.
const ON_THE_PHONE: [(Reason, &str); 9] = [
    (Reason::NotFound, "商品不存在，请联系商家"),
    (Reason::OffShelf, "商品已下架"),
    (Reason::StockShort, "商品已售罄"),
    (Reason::SaleEnded, "商品抢购已结束"),
    (Reason::LimitExceeded, "已达到每人限购数量"),
    (Reason::AlreadyPaid, "订单已支付，再次购买请重新扫码"),
    (Reason::OrderClosed, "订单已关闭，请重新扫码"),
    (Reason::PaymentUnavailable, "微信支付繁忙，请稍后重新扫码"),
    (Reason::Busy, "系统繁忙，请稍后重新扫码"),
];

/// What the phone shows.
pub(super) fn of(refusal: &Refusal) -> &str {
    let known = ON_THE_PHONE.iter().find(|(reason, _)| *reason == refusal.reason);
    known.map_or(&refusal.text.zh, |(_, words)| words)
}

/// This payer has as many orders waiting as one may.
pub(super) fn too_many() -> Refusal {
    let zh = "未付款的扫码订单过多，请先付款或稍后再试";
    Refusal::new(Reason::TooManyRequests, zh, "Too many orders of yours wait for payment; pay or wait.")
}

/// The account is closed.
pub(super) fn disabled() -> Refusal {
    Refusal::new(Reason::Forbidden, "账号已停用，请联系商家", "This account is disabled; ask the shop.")
}
