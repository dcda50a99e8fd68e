//! The response to a refund request.

use super::super::Fields;
use super::super::fields::{amount, optional_amount, token};
use crate::field_error::FieldError;

/// A refund that WeChat accepted (pay.weixin.qq.com, chapter `9_4`). The money has not arrived yet:
/// query the result with [`V2Client::query_refund`](crate::v2::V2Client::query_refund).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V2RefundAccepted {
    /// WeChat's refund number, at most 32 printable ASCII characters.
    pub refund_id: String,
    /// The refund number of the request.
    pub out_refund_no: String,
    /// The order number of the request.
    pub out_trade_no: String,
    /// WeChat's payment number, at most 32 printable ASCII characters.
    pub transaction_id: String,
    /// The refund amount of the request in fen.
    pub refund_fee: i64,
    /// The part that the payer receives in fen, without coupons.
    pub cash_refund_fee: Option<i64>,
}

impl V2RefundAccepted {
    pub(super) fn from_fields(fields: &Fields) -> Result<V2RefundAccepted, FieldError> {
        Ok(V2RefundAccepted {
            refund_id: token(fields, "refund_id", 32)?,
            out_refund_no: token(fields, "out_refund_no", 64)?,
            out_trade_no: token(fields, "out_trade_no", 32)?,
            transaction_id: token(fields, "transaction_id", 32)?,
            refund_fee: amount(fields, "refund_fee")?,
            cash_refund_fee: optional_amount(fields, "cash_refund_fee")?,
        })
    }
}
