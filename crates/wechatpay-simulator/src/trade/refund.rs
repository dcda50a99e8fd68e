//! Refunds.

use super::terms::ApiVersion;
use super::{Payment, Trade, TradeStatus};
use crate::{random, timestamp};

/// The maximum number of refunds of a trade.
pub const MAX_REFUNDS: usize = 50;
/// How long a trade can be refunded, in ms (one year).
const REFUNDABLE_MS: i64 = 365 * 24 * 60 * 60 * 1000;
/// The minimum time between refunds of a trade under [`RefundRule::MinuteApart`], in ms.
const APART_MS: i64 = 60 * 1000;

/// How soon a further refund of a trade is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RefundRule {
    /// At once, so that tests do not have to wait.
    #[default]
    AnyTime,
    /// After a minute, as documented by WeChat.
    MinuteApart,
}

/// A refund request.
#[derive(Debug, Clone)]
pub struct RefundRequest {
    /// The merchant's refund number, unique for the merchant.
    pub out_refund_no: String,
    /// The amount in fen.
    pub amount: i64,
    /// The amount of the trade according to the merchant, in fen; `None` if the request has none.
    pub total: Option<i64>,
    /// The reason for the payer.
    pub reason: Option<String>,
    /// The URL for the notice; `None` to send none.
    pub notify_url: Option<String>,
    /// The API version of the notice.
    pub protocol: ApiVersion,
    /// The source.
    pub source: RefundSource,
    /// How the refund will end.
    pub ending: RefundEnding,
    /// How long it takes, in ms.
    pub takes_ms: i64,
}

/// The source of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundSource {
    /// An API call of the shop.
    Api,
    /// A person on the merchant platform.
    Platform,
}

/// How a refund ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundEnding {
    /// The payer receives the money.
    Success,
    /// The payer's account cannot receive it: a person has to handle it. `CHANGE`, `ABNORMAL`.
    Abnormal,
    /// The refund is closed. `REFUNDCLOSE`, `CLOSED`.
    Closed,
}

/// An accepted refund.
#[derive(Debug, Clone)]
pub struct Refund {
    /// The request.
    pub request: RefundRequest,
    /// The fen that the payer receives; the rest was paid by a coupon.
    pub cash: i64,
    /// WeChat's refund number: 29 digits.
    pub refund_id: String,
    /// UTC ms.
    pub created_ms: i64,
    /// When it ends, UTC ms.
    pub ends_ms: i64,
    /// The `nonce_str` or `id` of the notice, stored so that all copies are identical.
    pub nonce: String,
}

/// The state of a refund at a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundState {
    /// In progress.
    Processing,
    /// Ended.
    Ended(RefundEnding),
}

/// Why a refund is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefundError {
    /// The trade does not exist or was not paid.
    #[error("订单不存在 / there is no such trade, or it was not paid")]
    NotPaid,
    /// The refund number was used with another amount.
    #[error("退款单号已存在，退款金额不一致 / this refund number has another amount")]
    AmountDiffers,
    /// The refund number was used for another trade.
    #[error("退款单号已用于其他订单 / this refund number belongs to another trade")]
    NumberTaken,
    /// The total does not match the trade.
    #[error("订单金额不一致 / the trade has another total")]
    TotalDiffers,
    /// The amount exceeds the rest.
    #[error("退款金额大于可退金额 / more than is left to be refunded")]
    TooMuch,
    /// The trade already has 50 refunds.
    #[error("部分退款次数超限，最多50次 / a trade has at most 50 refunds")]
    TooMany,
    /// The last refund is less than a minute old.
    #[error("退款请求过于频繁，请1分钟后再试 / refunds of a trade are a minute apart")]
    TooSoon,
    /// The trade is older than a year.
    #[error("订单已超过一年，不能退款 / the trade is older than a year")]
    Overdue,
}

impl Refund {
    /// The status at `now_ms`.
    pub fn state(&self, now_ms: i64) -> RefundState {
        if now_ms < self.ends_ms { RefundState::Processing } else { RefundState::Ended(self.request.ending) }
    }

    /// Restarts an abnormal refund.
    pub fn restart(&mut self, takes_ms: i64, now_ms: i64) -> Option<()> {
        if self.state(now_ms) != RefundState::Ended(RefundEnding::Abnormal) {
            return None;
        }
        self.request.ending = RefundEnding::Success;
        self.ends_ms = now_ms.saturating_add(takes_ms);
        self.nonce = random::upper(32);
        Some(())
    }

    /// When the payer received the money, UTC ms.
    pub fn success_ms(&self, now_ms: i64) -> Option<i64> {
        (self.state(now_ms) == RefundState::Ended(RefundEnding::Success)).then_some(self.ends_ms)
    }
}

impl RefundState {
    /// The status in API v2.
    pub fn v2_status(self) -> &'static str {
        match self {
            Self::Processing => "PROCESSING",
            Self::Ended(RefundEnding::Success) => "SUCCESS",
            Self::Ended(RefundEnding::Abnormal) => "CHANGE",
            Self::Ended(RefundEnding::Closed) => "REFUNDCLOSE",
        }
    }

    /// The status in API v3.
    pub fn v3_status(self) -> &'static str {
        match self {
            Self::Processing => "PROCESSING",
            Self::Ended(RefundEnding::Success) => "SUCCESS",
            Self::Ended(RefundEnding::Abnormal) => "ABNORMAL",
            Self::Ended(RefundEnding::Closed) => "CLOSED",
        }
    }
}

/// Checks a refund request. The caller adds the returned refund to the trade.
pub fn accept(
    trade: &Trade,
    request: RefundRequest,
    rule: RefundRule,
    now_ms: i64,
) -> Result<Refund, RefundError> {
    let TradeStatus::Paid(payment) = &trade.status else {
        return Err(RefundError::NotPaid);
    };
    if request.total.is_some_and(|total| total != payment.amount) {
        return Err(RefundError::TotalDiffers);
    }
    if now_ms.saturating_sub(payment.paid_ms) > REFUNDABLE_MS {
        return Err(RefundError::Overdue);
    }
    if trade.refunds.len() >= MAX_REFUNDS {
        return Err(RefundError::TooMany);
    }
    let before = refunded_amount(trade, now_ms);
    if request.amount > payment.amount - before {
        return Err(RefundError::TooMuch);
    }
    let last_ms = trade.refunds.last().map(|last| last.created_ms);
    if rule == RefundRule::MinuteApart && last_ms.is_some_and(|last_ms| now_ms - last_ms < APART_MS) {
        return Err(RefundError::TooSoon);
    }
    Ok(Refund {
        cash: cash_of(payment, before + request.amount) - cash_of(payment, before),
        refund_id: refund_id(now_ms),
        created_ms: now_ms,
        ends_ms: now_ms.saturating_add(request.takes_ms),
        nonce: random::upper(32),
        request,
    })
}

/// The part of `fen` that was paid without the coupon, in proportion to the whole payment.
fn cash_of(payment: &Payment, fen: i64) -> i64 {
    let share = i128::from(fen) * i128::from(payment.cash()) / i128::from(payment.amount.max(1));
    i64::try_from(share).unwrap_or(fen)
}

/// The fen that are refunded or being refunded. A closed refund does not count.
pub fn refunded_amount(trade: &Trade, now_ms: i64) -> i64 {
    let counts = |refund: &&Refund| refund.state(now_ms) != RefundState::Ended(RefundEnding::Closed);
    trade.refunds.iter().filter(counts).map(|refund| refund.request.amount).sum()
}

/// `5030` + the date + seventeen digits, like WeChat's.
fn refund_id(now_ms: i64) -> String {
    format!("5030{}{}", timestamp::day(now_ms), random::digits(17))
}
