//! The hash that WeChat provides with a bill.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

/// SHA-1 of a bill. It detects damage in transit, but does not prove who wrote the bill.
#[derive(Clone)]
pub struct BillHash(Context);

impl BillHash {
    /// Creates an empty hash.
    pub fn new() -> BillHash {
        BillHash(Context::new(&SHA1_FOR_LEGACY_USE_ONLY))
    }

    /// Adds the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns the hash as 40 lower-case hex digits.
    pub fn finish(self) -> String {
        self.0.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Default for BillHash {
    fn default() -> BillHash {
        BillHash::new()
    }
}

impl fmt::Debug for BillHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BillHash(..)")
    }
}
