//! What WeChat shows on the phone of a buyer who scanned a SKU's code, where
//! the usual words speak of a cart or a page. WeChat shows one language, and no
//! more than 42 letters of it.

use std::borrow::Cow;

use super::Message;
use crate::domain::lang::Lang;
use crate::domain::reason::Reason;

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

impl Message {
    /// The words for the phone.
    pub fn on_the_phone(&self) -> Cow<'static, str> {
        let own = ON_THE_PHONE.iter().find(|(reason, _)| *reason == self.reason());
        own.map_or_else(|| self.text(Lang::Zh), |(_, words)| (*words).into())
    }
}
