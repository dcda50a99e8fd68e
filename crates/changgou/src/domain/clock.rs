//! The only source of the current time. Tests use a manual clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Milliseconds since 1970-01-01T00:00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcMs(pub i64);

impl UtcMs {
    pub fn plus(self, span: Duration) -> UtcMs {
        UtcMs(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    pub fn minus(self, span: Duration) -> UtcMs {
        UtcMs(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Truncated to whole seconds, the precision of a `datetime` column.
    pub fn whole_second(self) -> UtcMs {
        UtcMs(self.0 - self.0.rem_euclid(1000))
    }

    /// Zero if `earlier` is not earlier.
    pub fn since(self, earlier: UtcMs) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The format of the API: `2026-11-23T08:00:00.000Z`.
    pub fn rfc3339(self) -> String {
        format!("{:.3}", self.timestamp())
    }

    /// With any offset.
    pub fn from_rfc3339(text: &str) -> Option<UtcMs> {
        let stamp: Timestamp = text.parse().ok()?;
        Some(UtcMs(stamp.as_millisecond()))
    }

    /// The format of a `datetime` column, in UTC: `2026-11-23 08:00:00`.
    pub fn sql(self) -> String {
        let at = Offset::UTC.to_datetime(self.timestamp());
        let (date, time) = (at.date(), at.time());
        let (year, month, day) = (date.year(), date.month(), date.day());
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }

    /// The inverse of [`UtcMs::sql`]; fractions of a second are allowed.
    pub fn from_sql(text: &str) -> Option<UtcMs> {
        let at: DateTime = text.parse().ok()?;
        let stamp = Offset::UTC.to_timestamp(at).ok()?;
        Some(UtcMs(stamp.as_millisecond()))
    }

    /// From a date (year, month, day), a time (hour, minute, second) and microseconds in UTC; `None` if
    /// they are not valid.
    pub fn from_civil(date: (u16, u8, u8), time: (u8, u8, u8), micros: u32) -> Option<UtcMs> {
        let part = |number: u8| i8::try_from(number).ok();
        let ((year, month, day), (hour, minute, second)) = (date, time);
        let nanos = i32::try_from(micros).ok()?.checked_mul(1000)?;
        let year = i16::try_from(year).ok()?;
        let at =
            DateTime::new(year, part(month)?, part(day)?, part(hour)?, part(minute)?, part(second)?, nanos);
        Some(UtcMs(Offset::UTC.to_timestamp(at.ok()?).ok()?.as_millisecond()))
    }

    /// The format of the pages, in UTC+8: `2026-11-23 16:00`.
    pub fn beijing(self) -> String {
        UtcMs(self.0.saturating_add(8 * 3_600_000)).sql()[..16].to_owned()
    }

    fn timestamp(self) -> Timestamp {
        let farthest = if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::from_millisecond(self.0).unwrap_or(farthest)
    }
}

#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// Stands still until [`Clock::advance`]; milliseconds UTC.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    pub fn manual(start: UtcMs) -> Clock {
        Clock::Manual(Arc::new(AtomicI64::new(start.0)))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> UtcMs {
        match self {
            Clock::System => UtcMs(Timestamp::now().as_millisecond()),
            Clock::Manual(at) => UtcMs(at.load(Ordering::SeqCst)),
        }
    }

    /// Does nothing to the system clock.
    pub fn advance(&self, span: Duration) {
        match self {
            Clock::System => {}
            Clock::Manual(at) => {
                at.fetch_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_the_columns_and_the_api_want_it() {
        let at = UtcMs(1_795_456_575_250);
        assert_eq!(at.sql(), "2026-11-23 17:56:15");
        assert_eq!(at.rfc3339(), "2026-11-23T17:56:15.250Z");
        assert_eq!(at.beijing(), "2026-11-24 01:56");
        assert_eq!(UtcMs::from_sql("2026-11-23 17:56:15"), Some(UtcMs(1_795_456_575_000)));
        assert_eq!(UtcMs::from_sql("yesterday"), None);
        assert_eq!(UtcMs::from_civil((2026, 11, 23), (17, 56, 15), 250_000), Some(at));
        assert_eq!(UtcMs::from_civil((0, 0, 0), (0, 0, 0), 0), None);
        assert_eq!(UtcMs::from_rfc3339("2026-11-24T01:56:15.250+08:00"), Some(at));
        assert_eq!(UtcMs::from_rfc3339("2026-11-24"), None);
        assert_eq!(UtcMs::from_sql(&at.sql()), Some(at.whole_second()));
    }

    #[test]
    fn no_moment_is_too_far_to_write() {
        assert_eq!(&UtcMs(i64::MAX).sql()[..4], "9999");
        assert_eq!(UtcMs(i64::MAX).plus(Duration::MAX), UtcMs(i64::MAX));
    }
}
