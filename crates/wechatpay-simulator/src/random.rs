//! Random ids. They are not secrets: the simulator protects no money.

const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Random letters and digits, at most 64.
pub fn alphanumeric(length: usize) -> String {
    draw(length, LETTERS)
}

/// Random upper-case letters and digits, at most 64.
pub fn upper(length: usize) -> String {
    draw(length, &LETTERS[..36])
}

/// Random decimal digits, at most 64.
pub fn digits(length: usize) -> String {
    draw(length, &LETTERS[..10])
}

fn draw(length: usize, alphabet: &[u8]) -> String {
    let mut bytes = [0_u8; 64];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has a random source");
    bytes.iter().take(length).map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect()
}
