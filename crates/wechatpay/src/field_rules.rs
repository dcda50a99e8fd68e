//! The rules for the fields of a request: WeChat's own, and stricter ones of this crate.

use std::net::IpAddr;

use aws_lc_rs::rand;

/// A request field with a value that must not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct InvalidField {
    /// The name of the field in the message.
    pub field: &'static str,
    /// Why the value is not allowed.
    pub reason: InvalidFieldReason,
}

/// Why a field is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFieldReason {
    /// The value is empty, too short or too long.
    #[error("the length is not allowed")]
    Length,
    /// The value contains characters that are not allowed.
    #[error("it contains characters that are not allowed")]
    Charset,
    /// The value is out of range or not of the expected kind.
    #[error("the value is not allowed")]
    Value,
    /// The system has no random bytes for the value.
    #[error("the system has no random bytes")]
    NoRandomness,
}

pub(crate) type FieldCheck = Result<(), InvalidField>;

pub(crate) fn invalid(field: &'static str, reason: InvalidFieldReason) -> InvalidField {
    InvalidField { field, reason }
}

/// `out_trade_no`: 6 to 32 of `0-9A-Za-z_-|*` (pay.weixin.qq.com, chapter `4_2`, and v3 for the six).
pub(crate) fn check_order_number(text: &str) -> FieldCheck {
    length("out_trade_no", text, 6, 32)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-|*".contains(&byte);
    require("out_trade_no", text.bytes().all(allowed), InvalidFieldReason::Charset)
}

/// `out_refund_no`: 1 to 64 of `0-9A-Za-z_-|*@` (pay.weixin.qq.com, chapter `9_4`).
pub(crate) fn check_refund_number(text: &str) -> FieldCheck {
    length("out_refund_no", text, 1, 64)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-|*@".contains(&byte);
    require("out_refund_no", text.bytes().all(allowed), InvalidFieldReason::Charset)
}

/// An id assigned by WeChat: 1 to 32 ASCII letters and digits.
pub(crate) fn check_id(field: &'static str, text: &str) -> FieldCheck {
    length(field, text, 1, 32)?;
    require(field, text.bytes().all(|byte| byte.is_ascii_alphanumeric()), InvalidFieldReason::Charset)
}

/// Text that may come from other people. The string to sign has no escaping, so `&` and `=` could turn
/// one field into two. Control characters are lost in XML.
pub(crate) fn check_free_text(field: &'static str, text: &str, longest: usize) -> FieldCheck {
    length(field, text, 1, longest)?;
    let refused = |c: char| c.is_control() || matches!(c, '&' | '=' | '\u{fffe}' | '\u{ffff}');
    require(field, !text.contains(refused), InvalidFieldReason::Charset)
}

/// Text for people, sent as JSON, where escaping is safe.
pub(crate) fn check_plain_text(field: &'static str, text: &str, longest: usize) -> FieldCheck {
    length(field, text, 1, longest)?;
    require(field, !text.contains(char::is_control), InvalidFieldReason::Charset)
}

pub(crate) fn check_ip(field: &'static str, text: &str) -> FieldCheck {
    require(field, text.parse::<IpAddr>().is_ok(), InvalidFieldReason::Value)
}

/// An absolute http(s) URL without a query (pay.weixin.qq.com, chapter `9_1`: `notify_url`).
pub(crate) fn check_notify_url(text: &str) -> FieldCheck {
    check_notify_url_within(text, 256)
}

pub(crate) fn check_notify_url_within(text: &str, longest: usize) -> FieldCheck {
    length("notify_url", text, 1, longest)?;
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    require("notify_url", host.is_some_and(|host| !host.is_empty()), InvalidFieldReason::Value)?;
    let refused = |byte: u8| !byte.is_ascii_graphic() || b"?#&=<>\"".contains(&byte);
    require("notify_url", !text.bytes().any(refused), InvalidFieldReason::Charset)
}

/// Printable ASCII only.
pub(crate) fn check_printable(field: &'static str, text: &str) -> FieldCheck {
    require(field, text.bytes().all(|byte| byte.is_ascii_graphic()), InvalidFieldReason::Charset)
}

/// 32 random hex digits, the longest nonce that WeChat accepts.
pub(crate) fn random_nonce() -> Result<String, InvalidField> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| invalid("nonce_str", InvalidFieldReason::NoRandomness))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

pub(crate) fn require(field: &'static str, holds: bool, reason: InvalidFieldReason) -> FieldCheck {
    if holds { Ok(()) } else { Err(invalid(field, reason)) }
}

fn length(field: &'static str, text: &str, shortest: usize, longest: usize) -> FieldCheck {
    require(field, (shortest..=longest).contains(&text.len()), InvalidFieldReason::Length)
}
