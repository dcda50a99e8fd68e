//! The allowed characters and names.

/// The white space characters of XML.
pub(super) const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

const MAX_NAME: usize = 64;

/// The characters XML 1.0 allows (production 2).
pub(super) fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Field names are ASCII; WeChat's are lower-case with digits and underscores.
pub(super) fn is_name(name: &str) -> bool {
    let first = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    name.len() <= MAX_NAME && name.as_bytes().first().is_some_and(first) && name.bytes().all(rest)
}
