//! Random names. Nothing here is a secret: the simulator guards no money.

const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `length` letters and digits (at most 64).
pub fn alphanumeric(length: usize) -> String {
    draw(length, LETTERS)
}

/// `length` upper-case letters and digits (at most 64).
pub fn upper(length: usize) -> String {
    draw(length, &LETTERS[..36])
}

/// `length` decimal digits (at most 64).
pub fn digits(length: usize) -> String {
    draw(length, &LETTERS[..10])
}

fn draw(length: usize, alphabet: &[u8]) -> String {
    let mut bytes = [0_u8; 64];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has a random source");
    bytes.iter().take(length).map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect()
}
