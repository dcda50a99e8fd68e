//! Timestamp formats: WeChat's `yyyyMMddHHmmss` in UTC+8, and RFC 3339 in UTC for the control API.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// China has used only this offset since 1991.
const CHINA: Offset = Offset::constant(8);

/// `20260923153000`, the format of API v2.
pub fn v2(at_ms: i64) -> String {
    china(at_ms).strftime("%Y%m%d%H%M%S").to_string()
}

/// `20260923`, the date in UTC+8.
pub fn day(at_ms: i64) -> String {
    china(at_ms).strftime("%Y%m%d").to_string()
}

/// `2026-09-23 15:30:00` in UTC+8.
pub fn readable(at_ms: i64) -> String {
    china(at_ms).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `2026-09-23T07:30:00.000Z`.
pub fn rfc3339(at_ms: i64) -> String {
    format!("{:.3}", timestamp(at_ms))
}

/// `2026-09-23T15:30:00+08:00`, the format of API v3.
pub fn v3(at_ms: i64) -> String {
    china(at_ms).strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}

/// Parses an RFC 3339 text into UTC ms.
pub fn parse_v3(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// Parses fourteen digits in UTC+8 into UTC ms.
pub fn parse_v2(text: &str) -> Option<i64> {
    let digits = text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit());
    let read = digits.then(|| DateTime::strptime("%Y%m%d%H%M%S", text).ok())??;
    Some(CHINA.to_timestamp(read).ok()?.as_millisecond())
}

fn china(at_ms: i64) -> DateTime {
    CHINA.to_datetime(timestamp(at_ms))
}

/// A clock beyond the calendar shows the last possible time.
fn timestamp(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::MAX)
}
