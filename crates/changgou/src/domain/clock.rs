//! The only place that knows what time it is. Tests hold a clock they can move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A moment: milliseconds since 1970-01-01T00:00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcMs(pub i64);

impl UtcMs {
    /// The moment `span` later.
    pub fn plus(self, span: Duration) -> UtcMs {
        UtcMs(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The moment `span` earlier.
    pub fn minus(self, span: Duration) -> UtcMs {
        UtcMs(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The second this moment lies in: as finely as a `datetime` column holds it.
    pub fn whole_second(self) -> UtcMs {
        UtcMs(self.0 - self.0.rem_euclid(1000))
    }

    /// How long from `earlier` to this moment; zero where it is not earlier.
    pub fn since(self, earlier: UtcMs) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// RFC 3339 in UTC, `2026-11-23T08:00:00.000Z`: how times leave through the API.
    pub fn rfc3339(self) -> String {
        format!("{:.3}", self.timestamp())
    }

    /// Reads RFC 3339 with any offset.
    pub fn from_rfc3339(text: &str) -> Option<UtcMs> {
        let stamp: Timestamp = text.parse().ok()?;
        Some(UtcMs(stamp.as_millisecond()))
    }

    /// `2026-11-23 08:00:00` in UTC: how a `datetime` column holds it.
    pub fn sql(self) -> String {
        let at = Offset::UTC.to_datetime(self.timestamp());
        let (date, time) = (at.date(), at.time());
        let (year, month, day) = (date.year(), date.month(), date.day());
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }

    /// Reads what [`UtcMs::sql`] wrote; fractions of a second are allowed.
    pub fn from_sql(text: &str) -> Option<UtcMs> {
        let at: DateTime = text.parse().ok()?;
        let stamp = Offset::UTC.to_timestamp(at).ok()?;
        Some(UtcMs(stamp.as_millisecond()))
    }

    /// The moment of a date (year, month, day), a time (hour, minute, second)
    /// and microseconds, in UTC; `None` if there is no such moment.
    pub fn from_civil(date: (u16, u8, u8), time: (u8, u8, u8), micros: u32) -> Option<UtcMs> {
        let part = |number: u8| i8::try_from(number).ok();
        let ((year, month, day), (hour, minute, second)) = (date, time);
        let nanos = i32::try_from(micros).ok()?.checked_mul(1000)?;
        let year = i16::try_from(year).ok()?;
        let at =
            DateTime::new(year, part(month)?, part(day)?, part(hour)?, part(minute)?, part(second)?, nanos);
        Some(UtcMs(Offset::UTC.to_timestamp(at.ok()?).ok()?.as_millisecond()))
    }

    /// `2026-11-23 16:00` in China's time (UTC+8): how a page shows it.
    pub fn beijing(self) -> String {
        UtcMs(self.0.saturating_add(8 * 3_600_000)).sql()[..16].to_owned()
    }

    fn timestamp(self) -> Timestamp {
        let farthest = if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::from_millisecond(self.0).unwrap_or(farthest)
    }
}

/// Tells the time.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's own clock.
    System,
    /// A clock that stands still until somebody moves it; milliseconds UTC.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `start`.
    pub fn manual(start: UtcMs) -> Clock {
        Clock::Manual(Arc::new(AtomicI64::new(start.0)))
    }

    /// The present moment.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> UtcMs {
        match self {
            Clock::System => UtcMs(Timestamp::now().as_millisecond()),
            Clock::Manual(at) => UtcMs(at.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock forward; the machine's clock cannot be moved.
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
