//! Where a refund can stand.

use std::fmt;
use std::str::FromStr;

/// A `refund_status` (pay.weixin.qq.com, chapters `9_5` and `9_16`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefundStatus {
    /// The money arrived at the payer.
    Success,
    /// Closed without money moving. Only a refund with another number can follow.
    Closed,
    /// Under way.
    Processing,
    /// The payer's card or account takes no money: a person has to pay it out on the merchant platform.
    Change,
}

impl RefundStatus {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            RefundStatus::Success => "SUCCESS",
            RefundStatus::Closed => "REFUNDCLOSE",
            RefundStatus::Processing => "PROCESSING",
            RefundStatus::Change => "CHANGE",
        }
    }
}

impl fmt::Display for RefundStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RefundStatus {
    type Err = UnknownRefundStatus;

    fn from_str(text: &str) -> Result<RefundStatus, UnknownRefundStatus> {
        match text {
            "SUCCESS" => Ok(RefundStatus::Success),
            "REFUNDCLOSE" => Ok(RefundStatus::Closed),
            "PROCESSING" => Ok(RefundStatus::Processing),
            "CHANGE" => Ok(RefundStatus::Change),
            _ => Err(UnknownRefundStatus),
        }
    }
}

/// A `refund_status` unknown here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown refund status")]
pub struct UnknownRefundStatus;
