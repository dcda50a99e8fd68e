//! The answer to a refund.

use super::super::Fields;
use super::super::fields::{amount, optional_amount, token};
use crate::field_error::Fault;

/// A refund WeChat has taken on (pay.weixin.qq.com, chapter `9_4`). The money has not arrived yet:
/// ask with [`Client::refund_query`](crate::v2::Client::refund_query) how it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundAccepted {
    /// WeChat's number of the refund, at most 32 printable ASCII characters.
    pub refund_id: String,
    /// Our number of the refund, the one that was asked with.
    pub out_refund_no: String,
    /// Our number of the payment, the one that was asked with.
    pub out_trade_no: String,
    /// WeChat's number of the payment, at most 32 printable ASCII characters.
    pub transaction_id: String,
    /// What goes back in fen, as asked.
    pub refund_fee: i64,
    /// What of it the payer gets in fen, coupons taken off.
    pub cash_refund_fee: Option<i64>,
}

impl RefundAccepted {
    pub(super) fn from_fields(fields: &Fields) -> Result<RefundAccepted, Fault> {
        Ok(RefundAccepted {
            refund_id: token(fields, "refund_id", 32)?,
            out_refund_no: token(fields, "out_refund_no", 64)?,
            out_trade_no: token(fields, "out_trade_no", 32)?,
            transaction_id: token(fields, "transaction_id", 32)?,
            refund_fee: amount(fields, "refund_fee")?,
            cash_refund_fee: optional_amount(fields, "cash_refund_fee")?,
        })
    }
}
