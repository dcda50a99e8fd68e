//! What the calls give.

use std::fmt;
use std::str::FromStr;

use super::Payment;

/// A made order, ready to be shown (pay.weixin.qq.com, chapter `9_1`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepaid {
    /// WeChat's id of the made order, at most 64 printable ASCII characters.
    pub prepay_id: String,
    /// The text of the QR code: opaque, good for two hours, at most 512 printable ASCII characters.
    pub code_url: String,
}

/// Where an order stands (pay.weixin.qq.com, chapter `9_2`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trade {
    /// The number that was asked for.
    pub out_trade_no: String,
    /// Where it stands.
    pub state: TradeState,
    /// The payment, for [`TradeState::Success`] and [`TradeState::Refund`] alone.
    pub paid: Option<Payment>,
}

/// A `trade_state` (pay.weixin.qq.com, chapter `9_2`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TradeState {
    /// Paid.
    Success,
    /// Paid, and a refund of some or all of it has begun.
    Refund,
    /// Not paid yet. Not final: it may be paid a moment later.
    NotPay,
    /// Closed without payment.
    Closed,
    /// Revoked; payment codes only.
    Revoked,
    /// The payer is entering the password; payment codes only.
    UserPaying,
    /// The payment failed; payment codes only.
    PayError,
    /// Accepted, waiting to be debited; withholding only.
    Accept,
}

impl TradeState {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            TradeState::Success => "SUCCESS",
            TradeState::Refund => "REFUND",
            TradeState::NotPay => "NOTPAY",
            TradeState::Closed => "CLOSED",
            TradeState::Revoked => "REVOKED",
            TradeState::UserPaying => "USERPAYING",
            TradeState::PayError => "PAYERROR",
            TradeState::Accept => "ACCEPT",
        }
    }
}

impl fmt::Display for TradeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TradeState {
    type Err = UnknownTradeState;

    fn from_str(text: &str) -> Result<TradeState, UnknownTradeState> {
        match text {
            "SUCCESS" => Ok(TradeState::Success),
            "REFUND" => Ok(TradeState::Refund),
            "NOTPAY" => Ok(TradeState::NotPay),
            "CLOSED" => Ok(TradeState::Closed),
            "REVOKED" => Ok(TradeState::Revoked),
            "USERPAYING" => Ok(TradeState::UserPaying),
            "PAYERROR" => Ok(TradeState::PayError),
            "ACCEPT" => Ok(TradeState::Accept),
            _ => Err(UnknownTradeState),
        }
    }
}

/// A `trade_state` unknown here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown trade state")]
pub struct UnknownTradeState;

/// How an order came to be closed (pay.weixin.qq.com, chapter `9_3`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Closed {
    /// By this call, or by an earlier one WeChat takes as the same.
    Now,
    /// It was closed before.
    Already,
}
