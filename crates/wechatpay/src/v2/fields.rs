//! Reading typed values from a message whose signature was verified.

use std::collections::BTreeMap;

use super::time;
use crate::field_error::FieldError;

/// A message: field names and decoded values, in the order of signing.
pub type Fields = BTreeMap<String, String>;

/// A non-empty field. Empty fields are not covered by the signature, so anyone could have added them.
/// They count as missing.
pub(crate) fn non_empty<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

pub(crate) fn required<'a>(fields: &'a Fields, name: &'static str) -> Result<&'a str, FieldError> {
    non_empty(fields, name).ok_or(FieldError::Missing(name))
}

/// A name or number: printable ASCII without spaces, at most `longest` bytes.
pub(crate) fn token(fields: &Fields, name: &'static str, longest: usize) -> Result<String, FieldError> {
    let value = required(fields, name)?;
    if value.len() > longest || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(FieldError::Malformed(name));
    }
    Ok(value.to_owned())
}

pub(crate) fn token_or_default(
    fields: &Fields,
    name: &'static str,
    longest: usize,
    absent: &str,
) -> Result<String, FieldError> {
    if non_empty(fields, name).is_none() { Ok(absent.to_owned()) } else { token(fields, name, longest) }
}

/// An amount in fen: only digits, without sign, spaces or leading zeros, within `i64`.
pub(crate) fn amount(fields: &Fields, name: &'static str) -> Result<i64, FieldError> {
    parse_amount(required(fields, name)?).ok_or(FieldError::Malformed(name))
}

pub(crate) fn optional_amount(fields: &Fields, name: &'static str) -> Result<Option<i64>, FieldError> {
    if non_empty(fields, name).is_none() { Ok(None) } else { amount(fields, name).map(Some) }
}

/// A `yyyyMMddHHmmss` field as UTC ms.
pub(crate) fn timestamp(fields: &Fields, name: &'static str) -> Result<i64, FieldError> {
    time::from_stamp(required(fields, name)?).map_err(|_| FieldError::Malformed(name))
}

/// A message of WeChat for display and logs: at most 128 characters, without control characters.
pub(crate) fn display_text(fields: &Fields, name: &str) -> String {
    let text = non_empty(fields, name).unwrap_or_default();
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
