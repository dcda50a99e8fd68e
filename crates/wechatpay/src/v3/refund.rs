//! Giving money back.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::json::{self, amount, moment, optional_amount, token, token_or};
use super::{BadField, Reason, Request};
use crate::field_error::Fault;
use crate::field_rules::{Checked, notify_url, order_number, plain_text, refund_number, require};

/// The fields of POST /v3/refund/domestic/refunds (pay.weixin.qq.com, doc `4012791883`).
///
/// An order takes at most 50 refunds, a minute apart, within a year, and never more than was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Our number of the payment: 6 to 32 of `0-9A-Za-z_-|*`.
    pub out_trade_no: String,
    /// Our number of this refund: 1 to 64 of `0-9A-Za-z_-|*@`. The same number is the same refund.
    pub out_refund_no: String,
    /// What the order cost in fen; must be what it was made with.
    pub total: i64,
    /// What goes back in fen: at least 1, at most `total`.
    pub refund: i64,
    /// Shown to the payer: 1 to 80 bytes without control characters.
    pub reason: Option<String>,
    /// Where refund notices go: http(s), at most 256 bytes, no query. Without it they go where the
    /// merchant platform says, and then come as those of v2.
    pub notify_url: Option<String>,
}

impl Refund {
    /// Checks every field and writes the request. Store the result under the refund's number.
    ///
    /// # Errors
    /// [`BadField`] names the field that must not be sent.
    pub fn request(&self) -> Result<Request, BadField> {
        self.check()?;
        Ok(Request::of(&Message {
            out_trade_no: self.out_trade_no.clone(),
            out_refund_no: self.out_refund_no.clone(),
            reason: self.reason.clone(),
            notify_url: self.notify_url.clone(),
            amount: Amounts { refund: self.refund, total: self.total, currency: "CNY".into() },
        }))
    }

    fn check(&self) -> Checked {
        order_number(&self.out_trade_no)?;
        refund_number(&self.out_refund_no)?;
        require("total", self.total >= 1, Reason::Value)?;
        require("refund", (1..=self.total).contains(&self.refund), Reason::Value)?;
        self.reason.as_deref().map_or(Ok(()), |text| plain_text("reason", text, 80))?;
        self.notify_url.as_deref().map_or(Ok(()), notify_url)
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) out_trade_no: String,
    pub(crate) out_refund_no: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_url: Option<String>,
    pub(crate) amount: Amounts,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Amounts {
    pub(crate) refund: i64,
    pub(crate) total: i64,
    currency: String,
}

/// A stored request read back, when it is one for a refund.
pub(crate) fn our_refund(request: &Request) -> Option<Message> {
    json::read(request.as_str().as_bytes())
}

/// Where a refund stands (pay.weixin.qq.com, docs `4012791883` to `4012791886`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRecord {
    /// Our number of the refund, at most 64 printable ASCII characters.
    pub out_refund_no: String,
    /// WeChat's number of the refund, at most 32 printable ASCII characters.
    pub refund_id: String,
    /// Our number of the payment, at most 32 printable ASCII characters.
    pub out_trade_no: String,
    /// WeChat's number of the payment, at most 32 printable ASCII characters.
    pub transaction_id: String,
    /// What the order cost in fen.
    pub total: i64,
    /// What goes back in fen.
    pub refund: i64,
    /// What of it the payer gets in fen, coupons taken off.
    pub payer_refund: Option<i64>,
    /// The currency; `CNY` when the message has none.
    pub currency: String,
    /// Where it stands.
    pub status: RefundStatus,
    /// When the money arrived, UTC ms in whole seconds; for [`RefundStatus::Success`] alone.
    pub success_time: Option<i64>,
}

impl RefundRecord {
    pub(crate) fn of(answer: RefundAnswer) -> Result<RefundRecord, Fault> {
        let money = answer.amount.ok_or(Fault::Missing("amount"))?;
        let status = token(answer.status.or(answer.refund_status), "status", 32)?.parse();
        let status = status.map_err(|UnknownRefundStatus| Fault::Malformed("status"))?;
        Ok(RefundRecord {
            out_refund_no: token(answer.out_refund_no, "out_refund_no", 64)?,
            refund_id: token(answer.refund_id, "refund_id", 32)?,
            out_trade_no: token(answer.out_trade_no, "out_trade_no", 32)?,
            transaction_id: token(answer.transaction_id, "transaction_id", 32)?,
            total: amount(money.total, "amount.total")?,
            refund: amount(money.refund, "amount.refund")?,
            payer_refund: optional_amount(money.payer_refund, "amount.payer_refund")?,
            currency: token_or(money.currency, "amount.currency", 16, "CNY")?,
            status,
            success_time: arrived(status, answer.success_time.as_deref())?,
        })
    }
}

fn arrived(status: RefundStatus, text: Option<&str>) -> Result<Option<i64>, Fault> {
    match status {
        RefundStatus::Success => text.map(|text| moment(Some(text), "success_time")).transpose(),
        RefundStatus::Closed | RefundStatus::Processing | RefundStatus::Abnormal => Ok(None),
    }
}

/// A refund as it travels: answers call its state `status`, notices `refund_status`.
#[derive(Deserialize)]
pub(crate) struct RefundAnswer {
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

/// The state of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefundStatus {
    /// The money arrived at the payer.
    Success,
    /// Closed without money moving. Only a refund with another number can follow.
    Closed,
    /// Under way.
    Processing,
    /// The payer's card or account takes no money: a person has to pay it out on the merchant platform.
    Abnormal,
}

impl RefundStatus {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            RefundStatus::Success => "SUCCESS",
            RefundStatus::Closed => "CLOSED",
            RefundStatus::Processing => "PROCESSING",
            RefundStatus::Abnormal => "ABNORMAL",
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
            "CLOSED" => Ok(RefundStatus::Closed),
            "PROCESSING" => Ok(RefundStatus::Processing),
            "ABNORMAL" => Ok(RefundStatus::Abnormal),
            _ => Err(UnknownRefundStatus),
        }
    }
}

/// A status of a refund unknown here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown refund status")]
pub struct UnknownRefundStatus;
