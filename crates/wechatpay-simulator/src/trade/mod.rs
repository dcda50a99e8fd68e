//! A trade: an order and its payment, close and refunds.

pub mod payment;
pub mod refund;
pub mod store;
pub mod terms;

use crate::options::Merchant;

pub use payment::Payment;
pub use refund::Refund;
pub use terms::OrderTerms;

/// How long a code is valid, in ms (WeChat Pay: 2 h, regardless of the order).
pub const CODE_LIFE_MS: i64 = 2 * 60 * 60 * 1000;
/// After how many ms an unpaid order without `time_expire` closes (7 days).
pub const ORDER_LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// The order, independent of the API version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The merchant.
    pub merchant: Merchant,
    /// The merchant's order number, unique for the merchant.
    pub out_trade_no: String,
    /// The description for the payer.
    pub body: String,
    /// The amount in fen.
    pub total_fee: i64,
    /// The URL for the notice.
    pub notify_url: String,
}

/// A trade.
#[derive(Debug, Clone)]
pub struct Trade {
    /// The order.
    pub order: Order,
    /// How the order was placed. Notices and responses use the same protocol.
    pub terms: OrderTerms,
    /// The valid code. Earlier codes are invalid.
    pub code: PaymentCode,
    /// UTC ms.
    pub created_ms: i64,
    /// When the trade closes unless it is paid, UTC ms.
    pub closes_ms: i64,
    /// The stored status.
    pub status: TradeStatus,
    /// The refunds, oldest first; at most [`refund::MAX_REFUNDS`].
    pub refunds: Vec<Refund>,
}

/// The content of a QR code and its expiry.
#[derive(Debug, Clone)]
pub struct PaymentCode {
    /// `weixin://wxpay/bizpayurl?pr=…`
    pub url: String,
    /// `wx` + fourteen digits + twenty letters. Mode one uses it to name the order.
    pub prepay_id: String,
    /// UTC ms.
    pub expires_ms: i64,
}

/// The stored status of a trade. An expired order is still open here: see [`Trade::status_at`].
#[derive(Debug, Clone)]
pub enum TradeStatus {
    /// Neither paid nor closed.
    Open,
    /// Paid.
    Paid(Payment),
    /// Closed by the merchant.
    Closed,
}

/// The status of a trade at a point in time.
#[derive(Debug, Clone, Copy)]
pub enum TradeStatusAt<'a> {
    /// Unpaid.
    Waiting,
    /// Paid.
    Paid(&'a Payment),
    /// Closed by the merchant, or expired.
    Closed,
}

impl Trade {
    /// The status at `now_ms`.
    pub fn status_at(&self, now_ms: i64) -> TradeStatusAt<'_> {
        match &self.status {
            TradeStatus::Paid(payment) => TradeStatusAt::Paid(payment),
            TradeStatus::Closed => TradeStatusAt::Closed,
            TradeStatus::Open if now_ms >= self.closes_ms => TradeStatusAt::Closed,
            TradeStatus::Open => TradeStatusAt::Waiting,
        }
    }

    /// The `trade_state` of WeChat. Any refund, in any state, makes it REFUND.
    pub fn trade_state(&self, now_ms: i64) -> &'static str {
        match self.status_at(now_ms) {
            TradeStatusAt::Waiting => "NOTPAY",
            TradeStatusAt::Paid(_) if self.refunds.is_empty() => "SUCCESS",
            TradeStatusAt::Paid(_) => "REFUND",
            TradeStatusAt::Closed => "CLOSED",
        }
    }

    /// The Chinese description, `trade_state_desc`.
    pub fn state_description(&self, now_ms: i64) -> &'static str {
        match self.status_at(now_ms) {
            TradeStatusAt::Waiting => "订单未支付",
            TradeStatusAt::Paid(_) if self.refunds.is_empty() => "支付成功",
            TradeStatusAt::Paid(_) => "订单发生过退款，退款详情请查询退款单",
            TradeStatusAt::Closed => "订单已关闭",
        }
    }

    /// WeChat's payment number; empty if unpaid.
    pub fn transaction_id(&self) -> &str {
        match &self.status {
            TradeStatus::Paid(payment) => &payment.transaction_id,
            TradeStatus::Open | TradeStatus::Closed => "",
        }
    }

    /// The fen that the payer paid, without the coupon.
    pub fn paid_cash(&self) -> i64 {
        match &self.status {
            TradeStatus::Paid(payment) => payment.cash(),
            TradeStatus::Open | TradeStatus::Closed => 0,
        }
    }

    /// The paid fen, including the coupon.
    pub fn paid_amount(&self) -> i64 {
        match &self.status {
            TradeStatus::Paid(payment) => payment.amount,
            TradeStatus::Open | TradeStatus::Closed => 0,
        }
    }
}
