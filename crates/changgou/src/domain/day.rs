//! A day in China's time (UTC+8), the period of WeChat's bills.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::Offset;

use crate::domain::clock::UtcMs;

/// WeChat provides the bill of the day before from ten in the morning.
const BILL_AFTER_MS: i64 = 10 * 3_600_000;

const DAY_MS: i64 = 24 * 3_600_000;

/// Written `2026-11-23`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    pub fn containing(at: UtcMs) -> Day {
        let noon = UtcMs(at.0.saturating_add(8 * 3_600_000)).sql();
        Day(noon[..10].parse().unwrap_or(Date::MIN))
    }

    pub fn previous(self) -> Day {
        Day(self.0.yesterday().unwrap_or(Date::MIN))
    }

    pub fn next(self) -> Day {
        Day(self.0.tomorrow().unwrap_or(Date::MAX))
    }

    pub fn start(self) -> UtcMs {
        let midnight = Offset::constant(8).to_timestamp(self.0.at(0, 0, 0, 0));
        UtcMs(midnight.map_or(0, jiff::Timestamp::as_millisecond))
    }

    /// Exclusive.
    pub fn end(self) -> UtcMs {
        UtcMs(self.start().0 + DAY_MS)
    }

    /// When WeChat's bill becomes available: 10:00 on the next day.
    pub fn bill_available_at(self) -> UtcMs {
        UtcMs(self.end().0 + BILL_AFTER_MS)
    }

    pub fn date(self) -> Date {
        self.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = (self.0.year(), self.0.month(), self.0.day());
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a day is written YYYY-MM-DD, such as 2026-11-23")]
pub struct NotADay;

impl FromStr for Day {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<Day, NotADay> {
        let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let date: Option<Date> = plain.then(|| text.parse().ok()).flatten();
        date.filter(|date| date.year() >= 2010).map(Day).ok_or(NotADay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_beijing() {
        let day: Day = "2026-11-23".parse().expect("a day");
        assert_eq!(day.start().rfc3339(), "2026-11-22T16:00:00.000Z");
        assert_eq!(day.bill_available_at().rfc3339(), "2026-11-24T02:00:00.000Z");
        assert_eq!((Day::containing(day.start()), Day::containing(UtcMs(day.end().0 - 1))), (day, day));
        assert_eq!(
            (Day::containing(day.end()), Day::containing(UtcMs(day.start().0 - 1))),
            (day.next(), day.previous())
        );
        assert_eq!(day.to_string(), "2026-11-23");
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-02-30",
            "20261123",
            "2026-11-23T00",
            "0001-01-01",
            "2026-1-23",
        ] {
            assert_eq!(text.parse::<Day>(), Err(NotADay), "{text}");
        }
    }
}
