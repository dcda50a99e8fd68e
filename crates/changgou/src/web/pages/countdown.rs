//! A countdown: a text from the server, which a script replaces by running seconds.

use crate::domain::clock::UtcMs;
use crate::domain::lang::Lang;

#[derive(Clone, Copy, Debug)]
pub(super) struct Countdown {
    pub until: UtcMs,
    pub now: UtcMs,
}

impl Countdown {
    /// The time left, in its two largest units.
    pub(super) fn left(&self, lang: Lang) -> String {
        let minutes = self.until.since(self.now).as_secs() / 60;
        let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
        let (zh, en) = match (days, hours, minutes) {
            (0, 0, 0) => ("不到 1 分钟".to_owned(), "less than a minute".to_owned()),
            (0, 0, _) => (format!("{minutes} 分钟"), format!("{minutes} min")),
            (0, _, _) => (format!("{hours} 小时 {minutes} 分钟"), format!("{hours} h {minutes} min")),
            (_, _, _) => (format!("{days} 天 {hours} 小时"), format!("{days} d {hours} h")),
        };
        lang.of(&zh, &en).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_in_two_units() {
        let left = |ms| Countdown { until: UtcMs(ms), now: UtcMs(0) }.left(Lang::En);
        assert_eq!(left(-5), "less than a minute");
        assert_eq!(left(59_999), "less than a minute");
        assert_eq!(left(600_000), "10 min");
        assert_eq!(left(3_660_000), "1 h 1 min");
        assert_eq!(left(90_000_000), "1 d 1 h");
    }
}
