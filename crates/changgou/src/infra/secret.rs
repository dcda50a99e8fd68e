//! Random tokens, and hashes of secrets that must not be stored.

use aws_lc_rs::{digest, rand};

/// `bytes` random bytes in lower-case hex.
pub fn random_hex(bytes: usize) -> String {
    let mut drawn = vec![0; bytes];
    rand::fill(&mut drawn).expect("the operating system gives random bytes");
    hex(&drawn)
}

/// In lower-case hex.
pub fn sha256_hex(text: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, text).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let pairs = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    pairs.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}
