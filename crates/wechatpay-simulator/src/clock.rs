//! The virtual clock. All times are UTC ms.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// How time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockMode {
    /// Real time plus all advances. Notices and retries are sent automatically.
    Real,
    /// Time stands still until it is advanced, and no notice is sent before.
    Manual {
        /// The start time in UTC ms.
        start_ms: i64,
    },
}

/// The virtual clock. It never goes backwards.
#[derive(Debug)]
pub struct VirtualClock {
    mode: ClockMode,
    /// The sum of all advances, in ms.
    added_ms: AtomicI64,
}

impl VirtualClock {
    pub fn new(mode: ClockMode) -> Self {
        Self { mode, added_ms: AtomicI64::new(0) }
    }

    pub fn mode(&self) -> ClockMode {
        self.mode
    }

    /// The current virtual time in UTC ms.
    pub fn now(&self) -> i64 {
        self.base().saturating_add(self.added_ms())
    }

    /// The sum of all advances, in ms.
    pub fn added_ms(&self) -> i64 {
        self.added_ms.load(Ordering::SeqCst)
    }

    /// The current time of the merchant in UTC ms. In real mode an advance moves WeChat's clock, but not the
    /// merchant's, so a `time_expire` from the merchant is compared with this time. A manual clock is shared by both.
    pub fn merchant_now(&self) -> i64 {
        match self.mode {
            ClockMode::Real => self.base(),
            ClockMode::Manual { .. } => self.now(),
        }
    }

    /// Moves the clock forward to at least `instant_ms`.
    pub fn advance_to(&self, instant_ms: i64) {
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
