//! The virtual clock. All times are milliseconds since 1970-01-01 UTC.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// How time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockMode {
    /// Real time plus everything that was advanced. Notices and their retries leave by themselves.
    Real,
    /// Time stands still until it is advanced, and no notice leaves before that.
    Manual {
        /// Where it stands at first, in ms since 1970-01-01 UTC.
        start_ms: i64,
    },
}

/// The virtual clock. It never goes back.
#[derive(Debug)]
pub struct Clock {
    mode: ClockMode,
    /// Ms added to real time, or ms added to the start of a manual clock.
    added_ms: AtomicI64,
}

impl Clock {
    pub fn new(mode: ClockMode) -> Self {
        Self { mode, added_ms: AtomicI64::new(0) }
    }

    pub fn mode(&self) -> ClockMode {
        self.mode
    }

    /// Virtual now, in ms.
    pub fn now(&self) -> i64 {
        self.base().saturating_add(self.added_ms())
    }

    /// Ms by which this clock was advanced in all.
    pub fn added_ms(&self) -> i64 {
        self.added_ms.load(Ordering::SeqCst)
    }

    /// Now as the merchant sees it, in ms. An advance moves WeChat's clock but not the clock of a merchant who lives
    /// in real time, so a `time_expire` he writes must be read by his clock. A manual clock is shared by both.
    pub fn merchant_now(&self) -> i64 {
        match self.mode {
            ClockMode::Real => self.base(),
            ClockMode::Manual { .. } => self.now(),
        }
    }

    /// Moves forward so that now is at least `instant_ms`.
    pub fn leap_to(&self, instant_ms: i64) {
        let wanted = instant_ms.saturating_sub(self.base());
        self.added_ms.fetch_max(wanted, Ordering::SeqCst);
    }

    fn base(&self) -> i64 {
        match self.mode {
            ClockMode::Real => system_ms(),
            ClockMode::Manual { start_ms } => start_ms,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else asks")]
fn system_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
