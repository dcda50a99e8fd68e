//! The states of an order.

use std::fmt;
use std::str::FromStr;

/// A `trade_state` (pay.weixin.qq.com, chapter `9_2`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TradeState {
    /// Paid.
    Success,
    /// Paid, with a refund of any amount.
    Refund,
    /// Not paid yet. This is not final: the order may be paid a moment later.
    NotPay,
    /// Closed without payment.
    Closed,
    /// Revoked; only for payment codes.
    Revoked,
    /// The payer is entering the password; only for payment codes.
    UserPaying,
    /// The payment failed; only for payment codes.
    PayError,
    /// Accepted, waiting for the debit; only for withholding.
    Accept,
}

impl TradeState {
    /// The value in messages.
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

/// An unknown `trade_state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown trade state")]
pub struct UnknownTradeState;
