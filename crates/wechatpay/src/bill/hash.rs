//! The hash WeChat gives with a bill.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

/// SHA-1 over the plain bytes of a bill. It proves that nothing was lost on the way, not who wrote it.
#[derive(Clone)]
pub struct BillHash(Context);

impl BillHash {
    /// A hash of nothing yet.
    pub fn new() -> BillHash {
        BillHash(Context::new(&SHA1_FOR_LEGACY_USE_ONLY))
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// 40 hex digits in lower case.
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
