//! Secrets do not stay in memory.

use std::hint::black_box;
use std::mem::take;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A text that is overwritten when it is dropped.
pub(crate) struct Wiped(String);

impl Wiped {
    pub(crate) fn new(text: String) -> Wiped {
        Wiped(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        wipe(take(&mut self.0));
    }
}

/// A key that another is to replace, and how often a message turned out to be its. Clones share both.
#[derive(Clone)]
pub(crate) struct Old {
    key: Arc<Wiped>,
    used: Arc<AtomicU64>,
}

impl Old {
    pub(crate) fn new(key: Arc<Wiped>) -> Old {
        Old { key, used: Arc::default() }
    }

    pub(crate) fn key(&self) -> &Arc<Wiped> {
        &self.key
    }

    pub(crate) fn was_used(&self) {
        self.used.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn uses(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }
}

/// Overwrites a text that held a secret. `black_box` keeps the compiler from dropping the writes.
pub(crate) fn wipe(text: String) {
    wipe_bytes(text.into_bytes());
}

pub(crate) fn wipe_bytes(mut bytes: Vec<u8>) {
    bytes.fill(0);
    black_box(&bytes);
}
