//! A trade: what a merchant ordered and what became of it.

pub mod payment;
pub mod refund;
pub mod store;
pub mod terms;

use crate::options::Merchant;

pub use payment::Payment;
pub use refund::Refund;
pub use terms::Terms;

/// How long a code can be scanned, in ms (WeChat Pay: 2 h, whatever the order's own time).
pub const CODE_LIFE_MS: i64 = 2 * 60 * 60 * 1000;
/// When an unpaid order without `time_expire` closes by itself, in ms (7 days).
pub const ORDER_LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// What the merchant ordered; the same under every version of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Who is to be paid.
    pub merchant: Merchant,
    /// The merchant's number, unique for him.
    pub out_trade_no: String,
    /// What the payer reads.
    pub body: String,
    /// Fen.
    pub total_fee: i64,
    /// Where the notice goes.
    pub notify_url: String,
}

/// One trade.
#[derive(Debug, Clone)]
pub struct Trade {
    /// What was ordered.
    pub order: Order,
    /// How it was ordered: notices and answers keep to it.
    pub terms: Terms,
    /// The code that can be scanned now; an earlier one is dead.
    pub code: Code,
    /// Ms UTC.
    pub created_ms: i64,
    /// When it closes if nobody pays, ms UTC.
    pub closes_ms: i64,
    /// What was decided about it so far.
    pub fate: Fate,
    /// Oldest first; at most [`refund::MAX_REFUNDS`].
    pub refunds: Vec<Refund>,
}

/// A QR code's content and its end.
#[derive(Debug, Clone)]
pub struct Code {
    /// `weixin://wxpay/bizpayurl?pr=…`
    pub url: String,
    /// `wx` + fourteen digits + twenty letters, by which mode one names it.
    pub prepay_id: String,
    /// Ms UTC.
    pub expires_ms: i64,
}

/// What was decided about a trade. An order that ran out of time is open here: see [`Trade::standing`].
#[derive(Debug, Clone)]
pub enum Fate {
    /// Neither paid nor closed.
    Open,
    /// By one payer.
    Paid(Payment),
    /// By the merchant.
    Closed,
}

/// How a trade stands at one moment.
#[derive(Debug, Clone, Copy)]
pub enum Standing<'a> {
    /// It can be paid.
    Waiting,
    /// It was.
    Paid(&'a Payment),
    /// By the merchant, or because its time is over.
    Closed,
}

impl Trade {
    /// How it stands at `now_ms`.
    pub fn standing(&self, now_ms: i64) -> Standing<'_> {
        match &self.fate {
            Fate::Paid(payment) => Standing::Paid(payment),
            Fate::Closed => Standing::Closed,
            Fate::Open if now_ms >= self.closes_ms => Standing::Closed,
            Fate::Open => Standing::Waiting,
        }
    }

    /// WeChat's name for it, `trade_state`. A refund of any size and in any state makes it REFUND.
    pub fn trade_state(&self, now_ms: i64) -> &'static str {
        match self.standing(now_ms) {
            Standing::Waiting => "NOTPAY",
            Standing::Paid(_) if self.refunds.is_empty() => "SUCCESS",
            Standing::Paid(_) => "REFUND",
            Standing::Closed => "CLOSED",
        }
    }

    /// The same in Chinese, `trade_state_desc`.
    pub fn state_description(&self, now_ms: i64) -> &'static str {
        match self.standing(now_ms) {
            Standing::Waiting => "订单未支付",
            Standing::Paid(_) if self.refunds.is_empty() => "支付成功",
            Standing::Paid(_) => "订单发生过退款，退款详情请查询退款单",
            Standing::Closed => "订单已关闭",
        }
    }

    /// WeChat's number of its payment; empty while there is none.
    pub fn transaction_id(&self) -> &str {
        match &self.fate {
            Fate::Paid(payment) => &payment.transaction_id,
            Fate::Open | Fate::Closed => "",
        }
    }

    /// Fen of it that the payer himself gave.
    pub fn paid_cash(&self) -> i64 {
        match &self.fate {
            Fate::Paid(payment) => payment.cash(),
            Fate::Open | Fate::Closed => 0,
        }
    }

    /// Fen that were paid.
    pub fn paid_amount(&self) -> i64 {
        match &self.fate {
            Fate::Paid(payment) => payment.amount,
            Fate::Open | Fate::Closed => 0,
        }
    }
}
