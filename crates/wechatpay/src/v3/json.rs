//! Reading typed values from a message whose signature was verified.

use serde::de::DeserializeOwned;

use super::time;
use crate::field_error::FieldError;

/// Parses a message as JSON. Unknown fields are ignored; a duplicate field is an error.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes).ok()
}

/// A name or number: printable ASCII without spaces, 1 to `longest` bytes.
pub(crate) fn token(value: Option<String>, name: &'static str, longest: usize) -> Result<String, FieldError> {
    let value = value.filter(|text| !text.is_empty()).ok_or(FieldError::Missing(name))?;
    if value.len() > longest || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(FieldError::Malformed(name));
    }
    Ok(value)
}

pub(crate) fn token_or_default(
    value: Option<String>,
    name: &'static str,
    longest: usize,
    absent: &str,
) -> Result<String, FieldError> {
    let value = value.filter(|text| !text.is_empty());
    if value.is_none() { Ok(absent.to_owned()) } else { token(value, name, longest) }
}

/// An amount in fen, 0 or more.
pub(crate) fn amount(value: Option<i64>, name: &'static str) -> Result<i64, FieldError> {
    let fen = value.ok_or(FieldError::Missing(name))?;
    if fen >= 0 { Ok(fen) } else { Err(FieldError::Malformed(name)) }
}

pub(crate) fn optional_amount(value: Option<i64>, name: &'static str) -> Result<Option<i64>, FieldError> {
    value.map(|fen| amount(Some(fen), name)).transpose()
}

/// An RFC 3339 field as UTC ms.
pub(crate) fn timestamp(value: Option<&str>, name: &'static str) -> Result<i64, FieldError> {
    time::from_rfc3339(value.ok_or(FieldError::Missing(name))?).map_err(|_| FieldError::Malformed(name))
}

/// A message of WeChat for display and logs: at most 256 characters, without control characters.
pub(crate) fn display_text(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(256).collect()
}
