//! A refund, as returned by a query.

use super::super::fields::{amount, non_empty, parse_amount, token};
use super::super::{Fields, V2CallError, V2UnknownReason, time};
use super::{V2RefundStatus, V2UnknownRefundStatus};
use crate::field_error::FieldError;

/// The maximum number of refunds of an order, and so in a response.
const MOST: usize = 50;

/// The state of a refund (pay.weixin.qq.com, chapter `9_5`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V2RefundRecord {
    /// The refund number of the request.
    pub out_refund_no: String,
    /// WeChat's refund number, at most 32 printable ASCII characters.
    pub refund_id: String,
    /// The merchant's order number, at most 32 printable ASCII characters.
    pub out_trade_no: String,
    /// WeChat's payment number, at most 32 printable ASCII characters.
    pub transaction_id: String,
    /// The order amount in fen.
    pub total_fee: i64,
    /// The refund amount in fen.
    pub refund_fee: i64,
    /// The status.
    pub status: V2RefundStatus,
    /// When the payer received the money, UTC ms in whole seconds; only for
    /// [`V2RefundStatus::Success`].
    pub success_time: Option<i64>,
}

impl V2RefundRecord {
    /// Finds `out_refund_no` among the refunds of the response.
    pub(super) fn find(fields: &Fields, out_refund_no: &str) -> Result<V2RefundRecord, V2CallError> {
        let named = |n: &usize| non_empty(fields, &format!("out_refund_no_{n}")) == Some(out_refund_no);
        let n = (0..MOST).find(named).ok_or(V2UnknownReason::AnswerForAnother("out_refund_no"))?;
        Ok(V2RefundRecord::numbered(fields, n)?)
    }

    fn numbered(fields: &Fields, n: usize) -> Result<V2RefundRecord, FieldError> {
        let status = status(non_empty(fields, &format!("refund_status_{n}")))?;
        let fee = non_empty(fields, &format!("refund_fee_{n}")).ok_or(FieldError::Missing("refund_fee_n"))?;
        let success_time = success_time(status, non_empty(fields, &format!("refund_success_time_{n}")))?;
        Ok(V2RefundRecord {
            out_refund_no: numbered_field(fields, "out_refund_no", n, 64)?,
            refund_id: numbered_field(fields, "refund_id", n, 32)?,
            out_trade_no: token(fields, "out_trade_no", 32)?,
            transaction_id: token(fields, "transaction_id", 32)?,
            total_fee: amount(fields, "total_fee")?,
            refund_fee: parse_amount(fee).ok_or(FieldError::Malformed("refund_fee_n"))?,
            status,
            success_time,
        })
    }
}

/// A field of the `n`th refund. Errors name the field without the number.
fn numbered_field(
    fields: &Fields,
    name: &'static str,
    n: usize,
    longest: usize,
) -> Result<String, FieldError> {
    let value = non_empty(fields, &format!("{name}_{n}")).ok_or(FieldError::Missing(name))?;
    let fits = value.len() <= longest && value.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(value.to_owned()) } else { Err(FieldError::Malformed(name)) }
}

fn status(text: Option<&str>) -> Result<V2RefundStatus, FieldError> {
    let text = text.ok_or(FieldError::Missing("refund_status_n"))?;
    text.parse().map_err(|V2UnknownRefundStatus| FieldError::Malformed("refund_status_n"))
}

pub(super) fn success_time(status: V2RefundStatus, text: Option<&str>) -> Result<Option<i64>, FieldError> {
    match (status, text) {
        (V2RefundStatus::Success, Some(text)) => {
            time::from_dashed(text).map(Some).map_err(|_| FieldError::Malformed("refund_success_time"))
        }
        (V2RefundStatus::Success, None) => Ok(None),
        (V2RefundStatus::Closed | V2RefundStatus::Processing | V2RefundStatus::Change, _) => Ok(None),
    }
}
