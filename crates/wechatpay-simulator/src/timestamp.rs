//! How moments are written: WeChat's `yyyyMMddHHmmss` in UTC+8, and RFC 3339 in UTC for the control interface.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// China has had no other offset since 1991, and WeChat Pay writes no other.
const CHINA: Offset = Offset::constant(8);

/// `20260923153000` for a moment in ms UTC.
pub fn civil(at_ms: i64) -> String {
    china(at_ms).strftime("%Y%m%d%H%M%S").to_string()
}

/// `20260923`, the day in China.
pub fn day(at_ms: i64) -> String {
    china(at_ms).strftime("%Y%m%d").to_string()
}

/// `2026-09-23 15:30:00` in China, for people.
pub fn readable(at_ms: i64) -> String {
    china(at_ms).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `2026-09-23T07:30:00.000Z`.
pub fn rfc3339(at_ms: i64) -> String {
    format!("{:.3}", timestamp(at_ms))
}

/// `2026-09-23T15:30:00+08:00`, as API v3 writes it.
pub fn v3(at_ms: i64) -> String {
    china(at_ms).strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}

/// The moment, in ms UTC, that an RFC 3339 text with an offset means.
pub fn parse_v3(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// The moment, in ms UTC, that fourteen digits of UTC+8 mean; nothing for anything else.
pub fn parse_civil(text: &str) -> Option<i64> {
    let digits = text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit());
    let read = digits.then(|| DateTime::strptime("%Y%m%d%H%M%S", text).ok())??;
    Some(CHINA.to_timestamp(read).ok()?.as_millisecond())
}

fn china(at_ms: i64) -> DateTime {
    CHINA.to_datetime(timestamp(at_ms))
}

/// A clock that was advanced beyond the calendar shows the calendar's end.
fn timestamp(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::MAX)
}
