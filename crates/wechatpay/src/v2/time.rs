//! Timestamps in WeChat's format `yyyyMMddHHmmss`, always in UTC+8 (pay.weixin.qq.com, chapter `4_2`).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, offset};

const CHINA: Offset = offset(8);

/// An invalid timestamp: not 14 digits, no such date, or outside the years 0 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a timestamp in yyyyMMddHHmmss")]
pub struct V2TimeError;

/// Formats UTC ms as 14 digits in UTC+8. Fractions of a second are cut off, towards the past.
///
/// # Errors
/// [`V2TimeError`] if the year does not have four digits.
pub fn to_stamp(utc_ms: i64) -> Result<String, V2TimeError> {
    let at = Timestamp::from_second(utc_ms.div_euclid(1000)).map_err(|_| V2TimeError)?;
    let civil = CHINA.to_datetime(at);
    if civil.year() < 0 {
        return Err(V2TimeError);
    }
    Ok(digits(civil))
}

/// Parses 14 digits in UTC+8 into UTC ms.
///
/// # Errors
/// [`V2TimeError`] if the text is not 14 ASCII digits of a valid time.
pub fn from_stamp(text: &str) -> Result<i64, V2TimeError> {
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(V2TimeError);
    }
    let civil = civil(text).ok_or(V2TimeError)?;
    let at = CHINA.to_timestamp(civil).map_err(|_| V2TimeError)?;
    Ok(at.as_millisecond())
}

/// Parses `yyyy-MM-dd HH:mm:ss` in UTC+8, the format of refunds, into UTC ms.
///
/// # Errors
/// [`V2TimeError`] if the text has another format or is not a valid time.
pub fn from_dashed(text: &str) -> Result<i64, V2TimeError> {
    let marks = [(4, b'-'), (7, b'-'), (10, b' '), (13, b':'), (16, b':')];
    let marked = marks.iter().all(|(at, mark)| text.as_bytes().get(*at) == Some(mark));
    if text.len() != 19 || !marked {
        return Err(V2TimeError);
    }
    from_stamp(&text.replace(['-', ' ', ':'], ""))
}

fn digits(at: DateTime) -> String {
    let (year, month, day) = (at.year(), at.month(), at.day());
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

fn civil(digits: &str) -> Option<DateTime> {
    let pair = |at: usize| digits[at..at + 2].parse::<i8>().ok();
    let year = digits[..4].parse().ok()?;
    DateTime::new(year, pair(4)?, pair(6)?, pair(8)?, pair(10)?, pair(12)?, 0).ok()
}
