//! Secrets do not stay in memory.

use std::hint::black_box;
use std::mem::take;

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

/// Overwrites a text that held a secret. `black_box` keeps the compiler from dropping the writes.
pub(crate) fn wipe(text: String) {
    wipe_bytes(text.into_bytes());
}

pub(crate) fn wipe_bytes(mut bytes: Vec<u8>) {
    bytes.fill(0);
    black_box(&bytes);
}
