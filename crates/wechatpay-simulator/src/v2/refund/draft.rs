//! From a request's fields to a refund that could be made.

use crate::trade::refund::{Course, Source, Wish};
use crate::trade::terms::Protocol;
use crate::v2::request::Request;
use crate::v2::response::{Malformed, Refusal};
use crate::validation;

/// Lengths, in bytes. Source: WeChat Pay API v2, "申请退款".
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

/// Amounts in fen.
pub struct Draft {
    out_refund_no: String,
    total_fee: i64,
    refund_fee: i64,
    notify_url: Option<String>,
}

/// Reads the fields, or says which one is wrong.
pub fn draft(request: &Request) -> Result<Draft, Refusal> {
    if request.get("transaction_id").or(request.get("out_trade_no")).is_none() {
        return Err(Malformed::lacks("out_trade_no").into());
    }
    let is_long = |(name, most): &&(&str, usize)| request.get(name).is_some_and(|value| value.len() > *most);
    if let Some((name, _)) = LIMITS.iter().find(is_long) {
        return Err(Malformed(format!("{name}参数长度有误")).into());
    }
    let total_fee = fee(request, "total_fee")?;
    let refund_fee = fee(request, "refund_fee")?;
    if !matches!(request.get("refund_fee_type"), None | Some("CNY")) {
        return Err(Malformed::invalid("refund_fee_type").into());
    }
    Ok(Draft {
        out_refund_no: out_refund_no(request)?,
        total_fee,
        refund_fee,
        notify_url: request.get("notify_url").map(str::to_owned),
    })
}

impl Draft {
    /// What is asked for; without an address of its own the notice goes to the merchant's.
    pub fn wish(self, request: &Request, takes_ms: i64, notify_url: Option<String>) -> Wish {
        Wish {
            out_refund_no: self.out_refund_no,
            amount: self.refund_fee,
            total: Some(self.total_fee),
            reason: request.get("refund_desc").map(str::to_owned),
            notify_url: self.notify_url.or(notify_url),
            protocol: Protocol::V2(request.sign_type),
            source: Source::Api,
            course: Course::Succeeds,
            takes_ms,
        }
    }
}

fn out_refund_no(request: &Request) -> Result<String, Malformed> {
    let number = request.get("out_refund_no").ok_or_else(|| Malformed::lacks("out_refund_no"))?;
    validation::out_refund_no(number).ok_or_else(|| Malformed::invalid("out_refund_no"))
}

/// Whole fen, at least one, in digits only.
fn fee(request: &Request, name: &str) -> Result<i64, Malformed> {
    let text = request.get(name).ok_or_else(|| Malformed::lacks(name))?;
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let fee = text.parse().ok().filter(|fee| digits && *fee >= 1);
    fee.ok_or_else(|| Malformed::invalid(name))
}
