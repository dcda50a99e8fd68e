//! Timestamps of API v3: RFC 3339 in UTC+8.

use jiff::Timestamp;
use jiff::tz::{Offset, offset};

const CHINA: Offset = offset(8);

/// An invalid timestamp: not RFC 3339, no such date, or outside the years 0 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a timestamp in RFC 3339")]
pub struct V3TimeError;

/// Formats UTC ms as `2026-01-01T10:00:00+08:00`. Fractions of a second are cut off, towards the past.
///
/// # Errors
/// [`V3TimeError`] if the year does not have four digits.
pub fn to_rfc3339(utc_ms: i64) -> Result<String, V3TimeError> {
    let at = Timestamp::from_second(utc_ms.div_euclid(1000)).map_err(|_| V3TimeError)?;
    let civil = CHINA.to_datetime(at);
    if civil.year() < 0 {
        return Err(V3TimeError);
    }
    Ok(format!("{civil}+08:00"))
}

/// Parses an RFC 3339 time with any offset into UTC ms.
///
/// # Errors
/// [`V3TimeError`] for any other text.
pub fn from_rfc3339(text: &str) -> Result<i64, V3TimeError> {
    let shape = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    };
    let dated = text.len() >= 20 && text.len() <= 35 && text.bytes().enumerate().take(19).all(shape);
    let at: Timestamp = text.parse().map_err(|_| V3TimeError)?;
    if dated { Ok(at.as_millisecond()) } else { Err(V3TimeError) }
}
