//! Overwriting secrets in memory.

use std::hint::black_box;
use std::mem::take;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A string that is overwritten when it is dropped.
pub(crate) struct SecretString(String);

impl SecretString {
    pub(crate) fn new(text: String) -> SecretString {
        SecretString(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for SecretString {
    fn drop(&mut self) {
        zeroize(take(&mut self.0));
    }
}

/// The key that was used before a rotation, with the number of messages that still used it. Clones
/// share both.
#[derive(Clone)]
pub(crate) struct PreviousKey {
    key: Arc<SecretString>,
    used: Arc<AtomicU64>,
}

impl PreviousKey {
    pub(crate) fn new(key: Arc<SecretString>) -> PreviousKey {
        PreviousKey { key, used: Arc::default() }
    }

    pub(crate) fn key(&self) -> &Arc<SecretString> {
        &self.key
    }

    pub(crate) fn count_use(&self) {
        self.used.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn uses(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }
}

/// Overwrites a string that held a secret. `black_box` keeps the compiler from removing the writes.
pub(crate) fn zeroize(text: String) {
    zeroize_bytes(text.into_bytes());
}

pub(crate) fn zeroize_bytes(mut bytes: Vec<u8>) {
    bytes.fill(0);
    black_box(&bytes);
}
