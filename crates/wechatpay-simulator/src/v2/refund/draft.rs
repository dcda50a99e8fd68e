//! Reading a refund request.

use crate::trade::refund::{RefundEnding, RefundRequest, RefundSource};
use crate::trade::terms::ApiVersion;
use crate::v2::error::{MalformedRequest, V2Error};
use crate::v2::request::V2IncomingRequest;
use crate::validation;

/// Maximum lengths in bytes. Source: WeChat Pay API v2, "申请退款".
const LIMITS: [(&str, usize); 9] = [
    ("transaction_id", 32),
    ("out_trade_no", 32),
    ("out_refund_no", 64),
    ("total_fee", 19),
    ("refund_fee", 19),
    ("refund_fee_type", 8),
    ("refund_desc", 80),
    ("refund_account", 30),
    ("notify_url", 256),
];

/// The checked fields. Amounts are in fen.
pub struct RefundDraft {
    out_refund_no: String,
    total_fee: i64,
    refund_fee: i64,
    notify_url: Option<String>,
}

/// Reads and checks the fields.
pub fn draft(request: &V2IncomingRequest) -> Result<RefundDraft, V2Error> {
    if request.get("transaction_id").or(request.get("out_trade_no")).is_none() {
        return Err(MalformedRequest::lacks("out_trade_no").into());
    }
    let is_long = |(name, most): &&(&str, usize)| request.get(name).is_some_and(|value| value.len() > *most);
    if let Some((name, _)) = LIMITS.iter().find(is_long) {
        return Err(MalformedRequest(format!("{name}参数长度有误")).into());
    }
    let total_fee = fee(request, "total_fee")?;
    let refund_fee = fee(request, "refund_fee")?;
    if !matches!(request.get("refund_fee_type"), None | Some("CNY")) {
        return Err(MalformedRequest::invalid("refund_fee_type").into());
    }
    Ok(RefundDraft {
        out_refund_no: out_refund_no(request)?,
        total_fee,
        refund_fee,
        notify_url: request.get("notify_url").map(str::to_owned),
    })
}

impl RefundDraft {
    /// Builds the refund request. `notify_url` is used if the request has no URL of its own.
    pub fn into_refund_request(
        self,
        request: &V2IncomingRequest,
        takes_ms: i64,
        notify_url: Option<String>,
    ) -> RefundRequest {
        RefundRequest {
            out_refund_no: self.out_refund_no,
            amount: self.refund_fee,
            total: Some(self.total_fee),
            reason: request.get("refund_desc").map(str::to_owned),
            notify_url: self.notify_url.or(notify_url),
            protocol: ApiVersion::V2(request.sign_type),
            source: RefundSource::Api,
            ending: RefundEnding::Success,
            takes_ms,
        }
    }
}

fn out_refund_no(request: &V2IncomingRequest) -> Result<String, MalformedRequest> {
    let number = request.get("out_refund_no").ok_or_else(|| MalformedRequest::lacks("out_refund_no"))?;
    validation::out_refund_no(number).ok_or_else(|| MalformedRequest::invalid("out_refund_no"))
}

/// Whole fen, at least 1, only digits.
fn fee(request: &V2IncomingRequest, name: &str) -> Result<i64, MalformedRequest> {
    let text = request.get(name).ok_or_else(|| MalformedRequest::lacks(name))?;
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let fee = text.parse().ok().filter(|fee| digits && *fee >= 1);
    fee.ok_or_else(|| MalformedRequest::invalid(name))
}
