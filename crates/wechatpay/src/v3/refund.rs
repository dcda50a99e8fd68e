//! Refunds.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::json::{self, amount, optional_amount, timestamp, token, token_or_default};
use super::{InvalidField, InvalidFieldReason, V3Request};
use crate::field_error::FieldError;
use crate::field_rules::{
    FieldCheck, check_notify_url, check_order_number, check_plain_text, check_refund_number, require,
};

/// The fields of POST /v3/refund/domestic/refunds (pay.weixin.qq.com, doc `4012791883`).
///
/// An order has at most 50 refunds, at least a minute apart, within a year. Their sum is at most the
/// paid amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V3Refund {
    /// The merchant's order number: 6 to 32 of `0-9A-Za-z_-|*`.
    pub out_trade_no: String,
    /// The merchant's refund number: 1 to 64 of `0-9A-Za-z_-|*@`. The same number is the same refund.
    pub out_refund_no: String,
    /// The order amount in fen; must equal the amount of the order.
    pub total: i64,
    /// The refund amount in fen: at least 1, at most `total`.
    pub refund: i64,
    /// The reason that the payer sees: 1 to 80 bytes without control characters.
    pub reason: Option<String>,
    /// The URL for refund notices: http(s), at most 256 bytes, without query. By default the URL set on
    /// the merchant platform, with notices in the format of API v2.
    pub notify_url: Option<String>,
}

impl V3Refund {
    /// Checks all fields and builds the request. Store the result with the refund number.
    ///
    /// # Errors
    /// [`InvalidField`] names the field that is not allowed.
    pub fn request(&self) -> Result<V3Request, InvalidField> {
        self.check()?;
        Ok(V3Request::from_body(&RefundRequestBody {
            out_trade_no: self.out_trade_no.clone(),
            out_refund_no: self.out_refund_no.clone(),
            reason: self.reason.clone(),
            notify_url: self.notify_url.clone(),
            amount: RefundAmounts { refund: self.refund, total: self.total, currency: "CNY".into() },
        }))
    }

    fn check(&self) -> FieldCheck {
        check_order_number(&self.out_trade_no)?;
        check_refund_number(&self.out_refund_no)?;
        require("total", self.total >= 1, InvalidFieldReason::Value)?;
        require("refund", (1..=self.total).contains(&self.refund), InvalidFieldReason::Value)?;
        self.reason.as_deref().map_or(Ok(()), |text| check_plain_text("reason", text, 80))?;
        self.notify_url.as_deref().map_or(Ok(()), check_notify_url)
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct RefundRequestBody {
    pub(crate) out_trade_no: String,
    pub(crate) out_refund_no: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_url: Option<String>,
    pub(crate) amount: RefundAmounts,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct RefundAmounts {
    pub(crate) refund: i64,
    pub(crate) total: i64,
    currency: String,
}

/// Reads a stored refund request.
pub(crate) fn stored_refund(request: &V3Request) -> Option<RefundRequestBody> {
    json::read(request.as_str().as_bytes())
}

/// The state of a refund (pay.weixin.qq.com, docs `4012791883` to `4012791886`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V3RefundRecord {
    /// The merchant's refund number, at most 64 printable ASCII characters.
    pub out_refund_no: String,
    /// WeChat's refund number, at most 32 printable ASCII characters.
    pub refund_id: String,
    /// The merchant's order number, at most 32 printable ASCII characters.
    pub out_trade_no: String,
    /// WeChat's payment number, at most 32 printable ASCII characters.
    pub transaction_id: String,
    /// The order amount in fen.
    pub total: i64,
    /// The refund amount in fen.
    pub refund: i64,
    /// The part that the payer receives in fen, without coupons.
    pub payer_refund: Option<i64>,
    /// The currency; `CNY` if the message has none.
    pub currency: String,
    /// The status.
    pub status: V3RefundStatus,
    /// When the payer received the money, UTC ms in whole seconds; only for
    /// [`V3RefundStatus::Success`].
    pub success_time: Option<i64>,
}

impl V3RefundRecord {
    pub(crate) fn from_body(answer: RefundBody) -> Result<V3RefundRecord, FieldError> {
        let money = answer.amount.ok_or(FieldError::Missing("amount"))?;
        let status = token(answer.status.or(answer.refund_status), "status", 32)?.parse();
        let status = status.map_err(|V3UnknownRefundStatus| FieldError::Malformed("status"))?;
        Ok(V3RefundRecord {
            out_refund_no: token(answer.out_refund_no, "out_refund_no", 64)?,
            refund_id: token(answer.refund_id, "refund_id", 32)?,
            out_trade_no: token(answer.out_trade_no, "out_trade_no", 32)?,
            transaction_id: token(answer.transaction_id, "transaction_id", 32)?,
            total: amount(money.total, "amount.total")?,
            refund: amount(money.refund, "amount.refund")?,
            payer_refund: optional_amount(money.payer_refund, "amount.payer_refund")?,
            currency: token_or_default(money.currency, "amount.currency", 16, "CNY")?,
            status,
            success_time: success_time(status, answer.success_time.as_deref())?,
        })
    }
}

fn success_time(status: V3RefundStatus, text: Option<&str>) -> Result<Option<i64>, FieldError> {
    match status {
        V3RefundStatus::Success => text.map(|text| timestamp(Some(text), "success_time")).transpose(),
        V3RefundStatus::Closed | V3RefundStatus::Processing | V3RefundStatus::Abnormal => Ok(None),
    }
}

/// A refund in JSON. Responses call its state `status`, notices `refund_status`.
#[derive(Deserialize)]
pub(crate) struct RefundBody {
    pub(crate) mchid: Option<String>,
    out_refund_no: Option<String>,
    refund_id: Option<String>,
    out_trade_no: Option<String>,
    transaction_id: Option<String>,
    status: Option<String>,
    refund_status: Option<String>,
    success_time: Option<String>,
    amount: Option<RefundAmount>,
}

#[derive(Deserialize)]
struct RefundAmount {
    total: Option<i64>,
    refund: Option<i64>,
    payer_refund: Option<i64>,
    currency: Option<String>,
}

/// The status of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum V3RefundStatus {
    /// The payer received the money.
    Success,
    /// Closed without a transfer. A new refund needs another number.
    Closed,
    /// In progress.
    Processing,
    /// The payer's card or account cannot receive money: the refund must be completed by hand on the
    /// merchant platform.
    Abnormal,
}

impl V3RefundStatus {
    /// The value in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            V3RefundStatus::Success => "SUCCESS",
            V3RefundStatus::Closed => "CLOSED",
            V3RefundStatus::Processing => "PROCESSING",
            V3RefundStatus::Abnormal => "ABNORMAL",
        }
    }
}

impl fmt::Display for V3RefundStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for V3RefundStatus {
    type Err = V3UnknownRefundStatus;

    fn from_str(text: &str) -> Result<V3RefundStatus, V3UnknownRefundStatus> {
        match text {
            "SUCCESS" => Ok(V3RefundStatus::Success),
            "CLOSED" => Ok(V3RefundStatus::Closed),
            "PROCESSING" => Ok(V3RefundStatus::Processing),
            "ABNORMAL" => Ok(V3RefundStatus::Abnormal),
            _ => Err(V3UnknownRefundStatus),
        }
    }
}

/// An unknown refund status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown refund status")]
pub struct V3UnknownRefundStatus;
