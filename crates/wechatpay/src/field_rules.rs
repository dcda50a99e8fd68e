//! What WeChat and we ourselves allow in the fields of a request.

use std::net::IpAddr;

use aws_lc_rs::rand;

/// A field of a request that must not be sent as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct BadField {
    /// The field's name on the wire.
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It is empty, too short or too long.
    #[error("its length is not allowed")]
    Length,
    /// It has characters that are not allowed there.
    #[error("it has characters that are not allowed")]
    Charset,
    /// The value itself is not allowed: too small, too close, or not of the kind.
    #[error("its value is not allowed")]
    Value,
    /// The system gave no random bytes for it.
    #[error("no random bytes for it")]
    NoRandomness,
}

pub(crate) type Checked = Result<(), BadField>;

pub(crate) fn bad(field: &'static str, reason: Reason) -> BadField {
    BadField { field, reason }
}

/// `out_trade_no`: 6 to 32 of `0-9A-Za-z_-|*` (pay.weixin.qq.com, chapter `4_2`, and v3 for the six).
pub(crate) fn order_number(text: &str) -> Checked {
    length("out_trade_no", text, 6, 32)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-|*".contains(&byte);
    require("out_trade_no", text.bytes().all(allowed), Reason::Charset)
}

/// `out_refund_no`: 1 to 64 of `0-9A-Za-z_-|*@` (pay.weixin.qq.com, chapter `9_4`).
pub(crate) fn refund_number(text: &str) -> Checked {
    length("out_refund_no", text, 1, 64)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-|*@".contains(&byte);
    require("out_refund_no", text.bytes().all(allowed), Reason::Charset)
}

/// An id WeChat gave us: 1 to 32 ASCII letters and digits.
pub(crate) fn id(field: &'static str, text: &str) -> Checked {
    length(field, text, 1, 32)?;
    require(field, text.bytes().all(|byte| byte.is_ascii_alphanumeric()), Reason::Charset)
}

/// Text others may have a say in. The string to sign has no escaping, so `&` and `=` could make one
/// field pass for two; control characters do not survive XML.
pub(crate) fn free_text(field: &'static str, text: &str, longest: usize) -> Checked {
    length(field, text, 1, longest)?;
    let refused = |c: char| c.is_control() || matches!(c, '&' | '=' | '\u{fffe}' | '\u{ffff}');
    require(field, !text.contains(refused), Reason::Charset)
}

/// Text for people that travels in JSON, where nothing can pass for something else.
pub(crate) fn plain_text(field: &'static str, text: &str, longest: usize) -> Checked {
    length(field, text, 1, longest)?;
    require(field, !text.contains(char::is_control), Reason::Charset)
}

pub(crate) fn ip(field: &'static str, text: &str) -> Checked {
    require(field, text.parse::<IpAddr>().is_ok(), Reason::Value)
}

/// An absolute http(s) address without query (pay.weixin.qq.com, chapter `9_1`: `notify_url`).
pub(crate) fn notify_url(text: &str) -> Checked {
    notify_url_within(text, 256)
}

pub(crate) fn notify_url_within(text: &str, longest: usize) -> Checked {
    length("notify_url", text, 1, longest)?;
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    require("notify_url", host.is_some_and(|host| !host.is_empty()), Reason::Value)?;
    let refused = |byte: u8| !byte.is_ascii_graphic() || b"?#&=<>\"".contains(&byte);
    require("notify_url", !text.bytes().any(refused), Reason::Charset)
}

/// A text of printable ASCII.
pub(crate) fn printable(field: &'static str, text: &str) -> Checked {
    require(field, text.bytes().all(|byte| byte.is_ascii_graphic()), Reason::Charset)
}

/// 32 hex digits, the longest nonce WeChat takes.
pub(crate) fn nonce() -> Result<String, BadField> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| bad("nonce_str", Reason::NoRandomness))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

pub(crate) fn require(field: &'static str, holds: bool, reason: Reason) -> Checked {
    if holds { Ok(()) } else { Err(bad(field, reason)) }
}

fn length(field: &'static str, text: &str, shortest: usize, longest: usize) -> Checked {
    require(field, (shortest..=longest).contains(&text.len()), Reason::Length)
}
