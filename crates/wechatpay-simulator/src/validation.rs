//! Field checks of both API versions.

/// The documented characters of an order number: letters, digits and `_-|*`. A `.` is not allowed.
pub fn out_trade_no(number: &str) -> Option<String> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'|' | b'*');
    number.bytes().all(legal).then(|| number.to_owned())
}

/// The documented characters of a refund number: letters, digits and `_-|*@`.
pub fn out_refund_no(number: &str) -> Option<String> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'|' | b'*' | b'@');
    number.bytes().all(legal).then(|| number.to_owned())
}

/// An http(s) URL without parameters.
pub fn notify_url(url: &str) -> Option<String> {
    let parsed = reqwest::Url::parse(url).ok()?;
    let is_web = matches!(parsed.scheme(), "http" | "https");
    (is_web && parsed.query().is_none() && parsed.fragment().is_none()).then(|| url.to_owned())
}
