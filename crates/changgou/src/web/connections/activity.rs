//! Whether the shop works for a connection, or waits for its client.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Stands for a connection that the shop works for.
const WORKS: u64 = u64::MAX;

/// Since when the shop waits for a client: for its request, or for it to read the answer.
pub(in super::super) struct Activity(AtomicU64);

impl Activity {
    /// A connection whose first request has not arrived yet.
    pub(super) fn new() -> Activity {
        Activity(AtomicU64::new(now()))
    }

    pub(in super::super) fn works(&self) {
        self.0.store(WORKS, Ordering::Relaxed);
    }

    /// The shop waits from now on, unless it did before.
    pub(in super::super) fn waits(&self) {
        // A failure means that it waits already.
        let _ = self.0.compare_exchange(WORKS, now(), Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Milliseconds since the program started; `None` while the shop works.
    pub(super) fn waiting_since(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|since| *since != WORKS)
    }
}

fn now() -> u64 {
    u64::try_from(START.elapsed().as_millis()).unwrap_or(0)
}
