//! v3's times: RFC 3339, written in UTC+8.

use jiff::Timestamp;
use jiff::tz::{Offset, offset};

const CHINA: Offset = offset(8);

/// A time that cannot be carried: no RFC 3339, no such date, or outside the years 0 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time in RFC 3339")]
pub struct BadTime;

/// Writes UTC ms as `2026-01-01T10:00:00+08:00`. Parts of a second are cut off, towards the past.
///
/// # Errors
/// [`BadTime`] when the year has no four digits.
pub fn to_rfc3339(utc_ms: i64) -> Result<String, BadTime> {
    let at = Timestamp::from_second(utc_ms.div_euclid(1000)).map_err(|_| BadTime)?;
    let civil = CHINA.to_datetime(at);
    if civil.year() < 0 {
        return Err(BadTime);
    }
    Ok(format!("{civil}+08:00"))
}

/// Reads a time with any offset as UTC ms.
///
/// # Errors
/// [`BadTime`] when it is anything else.
pub fn from_rfc3339(text: &str) -> Result<i64, BadTime> {
    let shape = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    };
    let dated = text.len() >= 20 && text.len() <= 35 && text.bytes().enumerate().take(19).all(shape);
    let at: Timestamp = text.parse().map_err(|_| BadTime)?;
    if dated { Ok(at.as_millisecond()) } else { Err(BadTime) }
}
