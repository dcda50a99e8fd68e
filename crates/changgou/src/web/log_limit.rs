//! Limits how often something is logged, so that a caller cannot fill the disk.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

/// One line of a kind per interval, in ms.
const INTERVAL_MS: u64 = 1000;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Holds when the next line may be written, in ms since the program started.
pub(super) struct LogLimit(AtomicU64);

impl LogLimit {
    pub(super) const fn new() -> LogLimit {
        LogLimit(AtomicU64::new(0))
    }

    /// Writes the line unless one was written a moment ago.
    pub(super) fn run(&self, write: impl FnOnce()) {
        let now = u64::try_from(START.elapsed().as_millis()).unwrap_or(0);
        let due = |next: u64| (now >= next).then_some(now + INTERVAL_MS);
        if self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, due).is_ok() {
            write();
        }
    }
}
