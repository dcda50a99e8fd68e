//! Paying a trade, as the phone does.

use super::{Fate, Standing, Trade};
use crate::{random, timestamp};

/// Who pays when nobody says so.
pub const DEFAULT_OPENID: &str = "oSim8uLocalPayer0fTheDemoPhn";

/// A payment that was made.
#[derive(Debug, Clone)]
pub struct Payment {
    /// 28 digits.
    pub transaction_id: String,
    /// The payer, as this merchant's appid knows him.
    pub openid: String,
    /// Fen. Differs from the order's only when a test asked for it.
    pub amount: i64,
    /// Fen of it that a coupon of WeChat's paid; the merchant is not settled for them (免充值券).
    pub coupon: i64,
    /// Ms UTC.
    pub paid_ms: i64,
    /// `nonce_str` of the notice, so that each copy of it is the very same.
    pub nonce: String,
}

/// Who pays and how much.
#[derive(Debug, Clone)]
pub struct Payer {
    /// Who.
    pub openid: String,
    /// Fen; nothing pays what was ordered.
    pub amount: Option<i64>,
    /// Fen of it that a coupon pays.
    pub coupon: i64,
}

impl Payment {
    /// Fen that the payer himself gave, and for which the merchant is settled.
    pub fn cash(&self) -> i64 {
        self.amount - self.coupon
    }
}

impl Payer {
    /// The demo phone, paying what was ordered.
    pub fn anybody() -> Self {
        Self { openid: DEFAULT_OPENID.to_owned(), amount: None, coupon: 0 }
    }
}

/// Why a trade cannot be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayRefusal {
    /// No trade has this code or number, or the code was replaced by a newer one.
    #[error("二维码无效 / there is no such code or trade, or a newer code replaced it")]
    Unknown,
    /// The same number exists at several merchants.
    #[error("商户订单号不唯一 / several merchants have this number: pay by code_url")]
    Ambiguous,
    /// The code is older than two hours.
    #[error("二维码已过期 / the code has expired: ask the merchant for a new one")]
    CodeExpired,
    /// The merchant closed it or its time is over.
    #[error("订单已关闭 / the trade is closed")]
    Closed,
    /// This payer has paid it.
    #[error("订单已支付 / you have paid this trade already")]
    AlreadyPaid,
    /// A coupon pays at most the whole sum.
    #[error("优惠金额大于订单金额 / the coupon is larger than the sum")]
    CouponTooLarge,
    /// Another payer has paid it. WeChat's own words.
    #[error("商户订单信息有误")]
    PaidByAnother,
}

/// Pays `trade` at `now_ms` or says why not.
pub fn pay(trade: &mut Trade, payer: &Payer, now_ms: i64) -> Result<(), PayRefusal> {
    payable(trade, &payer.openid, now_ms)?;
    let amount = payer.amount.unwrap_or(trade.order.total_fee);
    if payer.coupon > amount {
        return Err(PayRefusal::CouponTooLarge);
    }
    trade.fate = Fate::Paid(Payment {
        transaction_id: transaction_id(now_ms),
        openid: payer.openid.clone(),
        amount,
        coupon: payer.coupon,
        paid_ms: now_ms,
        nonce: random::upper(32),
    });
    Ok(())
}

/// Whether `openid` could pay `trade` at `now_ms`.
pub fn payable(trade: &Trade, openid: &str, now_ms: i64) -> Result<(), PayRefusal> {
    match trade.standing(now_ms) {
        Standing::Paid(payment) if payment.openid == openid => Err(PayRefusal::AlreadyPaid),
        Standing::Paid(_) => Err(PayRefusal::PaidByAnother),
        Standing::Closed => Err(PayRefusal::Closed),
        Standing::Waiting if now_ms >= trade.code.expires_ms => Err(PayRefusal::CodeExpired),
        Standing::Waiting => Ok(()),
    }
}

/// `4200` + six digits + the day + ten digits, as WeChat's look. Sixteen random digits a day do not meet.
fn transaction_id(now_ms: i64) -> String {
    format!("4200{}{}{}", random::digits(6), timestamp::day(now_ms), random::digits(10))
}
