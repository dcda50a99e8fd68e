//! Typed reading of a message whose signature has been checked.

use super::{Fields, time};
use crate::field_error::Fault;

/// A field that is there and not empty. Empty fields are outside the signature, so anybody could
/// have added them: they count as absent.
pub(crate) fn present<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

pub(crate) fn required<'a>(fields: &'a Fields, name: &'static str) -> Result<&'a str, Fault> {
    present(fields, name).ok_or(Fault::Missing(name))
}

/// A name or number: printable ASCII without spaces, at most `longest` bytes.
pub(crate) fn token(fields: &Fields, name: &'static str, longest: usize) -> Result<String, Fault> {
    let value = required(fields, name)?;
    if value.len() > longest || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Fault::Malformed(name));
    }
    Ok(value.to_owned())
}

pub(crate) fn token_or(
    fields: &Fields,
    name: &'static str,
    longest: usize,
    absent: &str,
) -> Result<String, Fault> {
    if present(fields, name).is_none() { Ok(absent.to_owned()) } else { token(fields, name, longest) }
}

/// An amount in fen: digits alone, no sign, no spaces, no leading zero, within `i64`.
pub(crate) fn amount(fields: &Fields, name: &'static str) -> Result<i64, Fault> {
    parse_amount(required(fields, name)?).ok_or(Fault::Malformed(name))
}

pub(crate) fn optional_amount(fields: &Fields, name: &'static str) -> Result<Option<i64>, Fault> {
    if present(fields, name).is_none() { Ok(None) } else { amount(fields, name).map(Some) }
}

/// A `yyyyMMddHHmmss` field as UTC ms.
pub(crate) fn moment(fields: &Fields, name: &'static str) -> Result<i64, Fault> {
    time::from_stamp(required(fields, name)?).map_err(|_| Fault::Malformed(name))
}

/// WeChat's prose as it may be shown and logged: at most 128 characters, no control characters.
pub(crate) fn prose(fields: &Fields, name: &str) -> String {
    let text = present(fields, name).unwrap_or_default();
    text.chars().filter(|c| !c.is_control()).take(128).collect()
}

pub(crate) fn parse_amount(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = text == "0" || !text.starts_with('0');
    if digits && canonical { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::parse_amount;

    #[test]
    fn amounts_are_plain_digits() {
        for (text, fen) in [("0", 0), ("101", 101), ("9223372036854775807", i64::MAX)] {
            assert_eq!(parse_amount(text), Some(fen));
        }
        for text in ["", "+1", "-1", " 1", "1 ", "1.0", "01", "1e2", "١", "9223372036854775808"] {
            assert_eq!(parse_amount(text), None, "{text:?}");
        }
    }
}
