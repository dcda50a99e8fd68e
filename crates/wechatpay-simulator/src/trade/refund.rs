//! Giving money back.

use super::terms::Protocol;
use super::{Fate, Payment, Trade};
use crate::{random, timestamp};

/// Refunds of one trade, at most.
pub const MAX_REFUNDS: usize = 50;
/// How long a trade can be refunded, in ms (one year).
const REFUNDABLE_MS: i64 = 365 * 24 * 60 * 60 * 1000;
/// How far apart the refunds of a trade must be under [`RefundRule::MinuteApart`], in ms.
const APART_MS: i64 = 60 * 1000;

/// How soon one refund of a trade may follow another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RefundRule {
    /// At once, so that tests need not wait.
    #[default]
    AnyTime,
    /// A minute later, as WeChat's pages say.
    MinuteApart,
}

/// What a merchant asks for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The merchant's number of the refund, unique for him.
    pub out_refund_no: String,
    /// Fen.
    pub amount: i64,
    /// What he believes the trade cost, in fen; nothing when nobody asked him.
    pub total: Option<i64>,
    /// What the payer reads.
    pub reason: Option<String>,
    /// Where the notice goes; nothing: nowhere.
    pub notify_url: Option<String>,
    /// How he asked and is notified.
    pub protocol: Protocol,
    /// Who asked.
    pub source: Source,
    /// How it will end.
    pub course: Course,
    /// After how many ms.
    pub takes_ms: i64,
}

/// Who asked for a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The shop, by a call.
    Api,
    /// A person, on the merchant platform.
    Platform,
}

/// How a refund ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// The payer gets the money.
    Succeeds,
    /// It cannot reach him (his card is gone): a person must see to it. `CHANGE`, `ABNORMAL`.
    Sticks,
    /// It is given up. `REFUNDCLOSE`, `CLOSED`.
    Closes,
}

/// A refund that was accepted.
#[derive(Debug, Clone)]
pub struct Refund {
    /// What was asked for.
    pub wish: Wish,
    /// Fen of it that go back to the payer; the rest was a coupon's.
    pub cash: i64,
    /// 29 digits.
    pub refund_id: String,
    /// Ms UTC.
    pub created_ms: i64,
    /// When it ends, ms UTC.
    pub ends_ms: i64,
    /// `nonce_str` or `id` of the notice, so that each copy of it is the very same.
    pub nonce: String,
}

/// How a refund stands at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundState {
    /// It is on its way.
    Processing,
    /// It is over.
    Ended(Course),
}

/// Why a refund is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefusal {
    /// There is no such trade, or it was not paid.
    #[error("订单不存在 / there is no such trade, or it was not paid")]
    NotPaid,
    /// The number was used with another amount.
    #[error("退款单号已存在，退款金额不一致 / this refund number has another amount")]
    AmountDiffers,
    /// The number was used for another trade.
    #[error("退款单号已用于其他订单 / this refund number belongs to another trade")]
    NumberTaken,
    /// The trade cost something else.
    #[error("订单金额不一致 / the trade has another total")]
    TotalDiffers,
    /// Less than that is left.
    #[error("退款金额大于可退金额 / more than is left to be refunded")]
    TooMuch,
    /// There are fifty.
    #[error("部分退款次数超限，最多50次 / a trade has at most 50 refunds")]
    TooMany,
    /// The last one is younger than a minute.
    #[error("退款请求过于频繁，请1分钟后再试 / refunds of a trade are a minute apart")]
    TooSoon,
    /// The trade is older than a year.
    #[error("订单已超过一年，不能退款 / the trade is older than a year")]
    Overdue,
}

impl Refund {
    /// How it stands at `now_ms`.
    pub fn state(&self, now_ms: i64) -> RefundState {
        if now_ms < self.ends_ms { RefundState::Processing } else { RefundState::Ended(self.wish.course) }
    }

    /// Sends it on its way again if it sticks.
    pub fn restart(&mut self, takes_ms: i64, now_ms: i64) -> Option<()> {
        if self.state(now_ms) != RefundState::Ended(Course::Sticks) {
            return None;
        }
        self.wish.course = Course::Succeeds;
        self.ends_ms = now_ms.saturating_add(takes_ms);
        self.nonce = random::upper(32);
        Some(())
    }

    /// When the payer got the money, ms UTC.
    pub fn success_ms(&self, now_ms: i64) -> Option<i64> {
        (self.state(now_ms) == RefundState::Ended(Course::Succeeds)).then_some(self.ends_ms)
    }
}

impl RefundState {
    /// API v2's word.
    pub fn v2(self) -> &'static str {
        match self {
            Self::Processing => "PROCESSING",
            Self::Ended(Course::Succeeds) => "SUCCESS",
            Self::Ended(Course::Sticks) => "CHANGE",
            Self::Ended(Course::Closes) => "REFUNDCLOSE",
        }
    }

    /// API v3's word.
    pub fn v3(self) -> &'static str {
        match self {
            Self::Processing => "PROCESSING",
            Self::Ended(Course::Succeeds) => "SUCCESS",
            Self::Ended(Course::Sticks) => "ABNORMAL",
            Self::Ended(Course::Closes) => "CLOSED",
        }
    }
}

/// A refund of `trade` at `now_ms`, to be added to it, or why not.
pub fn accept(trade: &Trade, wish: Wish, rule: RefundRule, now_ms: i64) -> Result<Refund, RefundRefusal> {
    let Fate::Paid(payment) = &trade.fate else {
        return Err(RefundRefusal::NotPaid);
    };
    if wish.total.is_some_and(|total| total != payment.amount) {
        return Err(RefundRefusal::TotalDiffers);
    }
    if now_ms.saturating_sub(payment.paid_ms) > REFUNDABLE_MS {
        return Err(RefundRefusal::Overdue);
    }
    if trade.refunds.len() >= MAX_REFUNDS {
        return Err(RefundRefusal::TooMany);
    }
    let before = given_back(trade, now_ms);
    if wish.amount > payment.amount - before {
        return Err(RefundRefusal::TooMuch);
    }
    let last_ms = trade.refunds.last().map(|last| last.created_ms);
    if rule == RefundRule::MinuteApart && last_ms.is_some_and(|last_ms| now_ms - last_ms < APART_MS) {
        return Err(RefundRefusal::TooSoon);
    }
    Ok(Refund {
        cash: cash_of(payment, before + wish.amount) - cash_of(payment, before),
        refund_id: refund_id(now_ms),
        created_ms: now_ms,
        ends_ms: now_ms.saturating_add(wish.takes_ms),
        nonce: random::upper(32),
        wish,
    })
}

/// The payer's share of so many fen: the same part of them as of the whole.
fn cash_of(payment: &Payment, fen: i64) -> i64 {
    let share = i128::from(fen) * i128::from(payment.cash()) / i128::from(payment.amount.max(1));
    i64::try_from(share).unwrap_or(fen)
}

/// Fen that were given back or are on their way: a closed refund leaves them with the merchant.
pub fn given_back(trade: &Trade, now_ms: i64) -> i64 {
    let counts = |refund: &&Refund| refund.state(now_ms) != RefundState::Ended(Course::Closes);
    trade.refunds.iter().filter(counts).map(|refund| refund.wish.amount).sum()
}

/// `5030` + the day + seventeen digits, as WeChat's look.
fn refund_id(now_ms: i64) -> String {
    format!("5030{}{}", timestamp::day(now_ms), random::digits(17))
}
