//! Where an order can stand.

use std::fmt;
use std::str::FromStr;

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
