//! The states of a refund.

use std::fmt;
use std::str::FromStr;

/// A `refund_status` (pay.weixin.qq.com, chapters `9_5` and `9_16`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum V2RefundStatus {
    /// The payer received the money.
    Success,
    /// Closed without a transfer. A new refund needs another number.
    Closed,
    /// In progress.
    Processing,
    /// The payer's card or account cannot receive money: the refund must be completed by hand on the
    /// merchant platform.
    Change,
}

impl V2RefundStatus {
    /// The value in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            V2RefundStatus::Success => "SUCCESS",
            V2RefundStatus::Closed => "REFUNDCLOSE",
            V2RefundStatus::Processing => "PROCESSING",
            V2RefundStatus::Change => "CHANGE",
        }
    }
}

impl fmt::Display for V2RefundStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for V2RefundStatus {
    type Err = V2UnknownRefundStatus;

    fn from_str(text: &str) -> Result<V2RefundStatus, V2UnknownRefundStatus> {
        match text {
            "SUCCESS" => Ok(V2RefundStatus::Success),
            "REFUNDCLOSE" => Ok(V2RefundStatus::Closed),
            "PROCESSING" => Ok(V2RefundStatus::Processing),
            "CHANGE" => Ok(V2RefundStatus::Change),
            _ => Err(V2UnknownRefundStatus),
        }
    }
}

/// An unknown `refund_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown refund status")]
pub struct V2UnknownRefundStatus;
