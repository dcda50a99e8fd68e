//! One refund, as a query tells of it.

use super::super::fields::{amount, parse_amount, present, token};
use super::super::{CallError, Doubt, Fields, time};
use super::{RefundStatus, UnknownRefundStatus};
use crate::field_error::Fault;

/// The most refunds an order takes, and so the most an answer tells of.
const MOST: usize = 50;

/// Where a refund stands (pay.weixin.qq.com, chapter `9_5`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRecord {
    /// Our number of the refund, the one that was asked for.
    pub out_refund_no: String,
    /// WeChat's number of the refund, at most 32 printable ASCII characters.
    pub refund_id: String,
    /// Our number of the payment, at most 32 printable ASCII characters.
    pub out_trade_no: String,
    /// WeChat's number of the payment, at most 32 printable ASCII characters.
    pub transaction_id: String,
    /// What the order cost in fen.
    pub total_fee: i64,
    /// What goes back in fen.
    pub refund_fee: i64,
    /// Where it stands.
    pub status: RefundStatus,
    /// When the money arrived, UTC ms in whole seconds; for [`RefundStatus::Success`] alone.
    pub success_time: Option<i64>,
}

impl RefundRecord {
    /// The record of `out_refund_no` among those in the answer.
    pub(super) fn find(fields: &Fields, out_refund_no: &str) -> Result<RefundRecord, CallError> {
        let named = |n: &usize| present(fields, &format!("out_refund_no_{n}")) == Some(out_refund_no);
        let n = (0..MOST).find(named).ok_or(Doubt::AnswerForAnother("out_refund_no"))?;
        Ok(RefundRecord::numbered(fields, n)?)
    }

    fn numbered(fields: &Fields, n: usize) -> Result<RefundRecord, Fault> {
        let status = status(present(fields, &format!("refund_status_{n}")))?;
        let fee = present(fields, &format!("refund_fee_{n}")).ok_or(Fault::Missing("refund_fee_n"))?;
        let success_time = success_time(status, present(fields, &format!("refund_success_time_{n}")))?;
        Ok(RefundRecord {
            out_refund_no: nth(fields, "out_refund_no", n, 64)?,
            refund_id: nth(fields, "refund_id", n, 32)?,
            out_trade_no: token(fields, "out_trade_no", 32)?,
            transaction_id: token(fields, "transaction_id", 32)?,
            total_fee: amount(fields, "total_fee")?,
            refund_fee: parse_amount(fee).ok_or(Fault::Malformed("refund_fee_n"))?,
            status,
            success_time,
        })
    }
}

/// A field of the `n`th record; a fault names the field without the number.
fn nth(fields: &Fields, name: &'static str, n: usize, longest: usize) -> Result<String, Fault> {
    let value = present(fields, &format!("{name}_{n}")).ok_or(Fault::Missing(name))?;
    let fits = value.len() <= longest && value.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(value.to_owned()) } else { Err(Fault::Malformed(name)) }
}

fn status(text: Option<&str>) -> Result<RefundStatus, Fault> {
    let text = text.ok_or(Fault::Missing("refund_status_n"))?;
    text.parse().map_err(|UnknownRefundStatus| Fault::Malformed("refund_status_n"))
}

pub(super) fn success_time(status: RefundStatus, text: Option<&str>) -> Result<Option<i64>, Fault> {
    match (status, text) {
        (RefundStatus::Success, Some(text)) => {
            time::from_dashed(text).map(Some).map_err(|_| Fault::Malformed("refund_success_time"))
        }
        (RefundStatus::Success, None) => Ok(None),
        (RefundStatus::Closed | RefundStatus::Processing | RefundStatus::Change, _) => Ok(None),
    }
}
