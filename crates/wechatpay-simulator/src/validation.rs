//! What both versions of the protocol allow.

/// Letters, digits and `_-|*`: the documented charset of an order's number. A `.` is outside it.
pub fn out_trade_no(number: &str) -> Option<String> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'|' | b'*');
    number.bytes().all(legal).then(|| number.to_owned())
}

/// Letters, digits and `_-|*@`: the documented charset of a refund's number.
pub fn out_refund_no(number: &str) -> Option<String> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'|' | b'*' | b'@');
    number.bytes().all(legal).then(|| number.to_owned())
}

/// An address on the web that carries no parameters of its own.
pub fn notify_url(url: &str) -> Option<String> {
    let parsed = reqwest::Url::parse(url).ok()?;
    let is_web = matches!(parsed.scheme(), "http" | "https");
    (is_web && parsed.query().is_none() && parsed.fragment().is_none()).then(|| url.to_owned())
}
