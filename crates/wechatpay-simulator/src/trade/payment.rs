//! Paying a trade.

use super::{Trade, TradeStatus, TradeStatusAt};
use crate::{random, timestamp};

/// The default payer.
pub const DEFAULT_OPENID: &str = "oSim8uLocalPayer0fTheDemoPhn";

/// A payment.
#[derive(Debug, Clone)]
pub struct Payment {
    /// WeChat's payment number: 28 digits.
    pub transaction_id: String,
    /// The payer under the merchant's appid.
    pub openid: String,
    /// The amount in fen. It differs from the order only if a test asked for it.
    pub amount: i64,
    /// The part paid by a WeChat coupon, in fen. It is not settled to the merchant (免充值券).
    pub coupon: i64,
    /// UTC ms.
    pub paid_ms: i64,
    /// The `nonce_str` of the notice, stored so that all copies are identical.
    pub nonce: String,
}

/// A payer and an amount.
#[derive(Debug, Clone)]
pub struct Payer {
    /// The openid.
    pub openid: String,
    /// The amount in fen. Default: the amount of the order.
    pub amount: Option<i64>,
    /// The part paid by a coupon, in fen.
    pub coupon: i64,
}

impl Payment {
    /// The fen that the payer paid without the coupon, which are settled to the merchant.
    pub fn cash(&self) -> i64 {
        self.amount - self.coupon
    }
}

impl Payer {
    /// The demo payer, paying the amount of the order.
    pub fn demo() -> Self {
        Self { openid: DEFAULT_OPENID.to_owned(), amount: None, coupon: 0 }
    }
}

/// Why a trade cannot be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayError {
    /// No trade has this code or number, or a newer code replaced it.
    #[error("二维码无效 / there is no such code or trade, or a newer code replaced it")]
    Unknown,
    /// Several merchants have this number.
    #[error("商户订单号不唯一 / several merchants have this number: pay by code_url")]
    Ambiguous,
    /// The code is older than two hours.
    #[error("二维码已过期 / the code has expired: ask the merchant for a new one")]
    CodeExpired,
    /// The trade was closed or has expired.
    #[error("订单已关闭 / the trade is closed")]
    Closed,
    /// This payer has already paid the trade.
    #[error("订单已支付 / you have paid this trade already")]
    AlreadyPaid,
    /// The coupon is larger than the amount.
    #[error("优惠金额大于订单金额 / the coupon is larger than the sum")]
    CouponTooLarge,
    /// Another payer has paid the trade. The message is WeChat's own.
    #[error("商户订单信息有误")]
    PaidByAnother,
}

/// Pays `trade` at `now_ms`.
pub fn pay(trade: &mut Trade, payer: &Payer, now_ms: i64) -> Result<(), PayError> {
    payable(trade, &payer.openid, now_ms)?;
    let amount = payer.amount.unwrap_or(trade.order.total_fee);
    if payer.coupon > amount {
        return Err(PayError::CouponTooLarge);
    }
    trade.status = TradeStatus::Paid(Payment {
        transaction_id: transaction_id(now_ms),
        openid: payer.openid.clone(),
        amount,
        coupon: payer.coupon,
        paid_ms: now_ms,
        nonce: random::upper(32),
    });
    Ok(())
}

/// Checks whether `openid` can pay `trade` at `now_ms`.
pub fn payable(trade: &Trade, openid: &str, now_ms: i64) -> Result<(), PayError> {
    match trade.status_at(now_ms) {
        TradeStatusAt::Paid(payment) if payment.openid == openid => Err(PayError::AlreadyPaid),
        TradeStatusAt::Paid(_) => Err(PayError::PaidByAnother),
        TradeStatusAt::Closed => Err(PayError::Closed),
        TradeStatusAt::Waiting if now_ms >= trade.code.expires_ms => Err(PayError::CodeExpired),
        TradeStatusAt::Waiting => Ok(()),
    }
}

/// `4200` + six digits + the date + ten digits, like WeChat's. With sixteen random digits a day, collisions are not a
/// concern.
fn transaction_id(now_ms: i64) -> String {
    format!("4200{}{}{}", random::digits(6), timestamp::day(now_ms), random::digits(10))
}
