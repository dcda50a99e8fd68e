//! Typed reading of a message whose signature has been checked.

use serde::de::DeserializeOwned;

use super::time;
use crate::field_error::Fault;

/// A message as JSON. Fields unknown here are let be, a field that is there twice is not.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes).ok()
}

/// A name or number: printable ASCII without spaces, 1 to `longest` bytes.
pub(crate) fn token(value: Option<String>, name: &'static str, longest: usize) -> Result<String, Fault> {
    let value = value.filter(|text| !text.is_empty()).ok_or(Fault::Missing(name))?;
    if value.len() > longest || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Fault::Malformed(name));
    }
    Ok(value)
}

pub(crate) fn token_or(
    value: Option<String>,
    name: &'static str,
    longest: usize,
    absent: &str,
) -> Result<String, Fault> {
    let value = value.filter(|text| !text.is_empty());
    if value.is_none() { Ok(absent.to_owned()) } else { token(value, name, longest) }
}

/// An amount in fen, 0 or more.
pub(crate) fn amount(value: Option<i64>, name: &'static str) -> Result<i64, Fault> {
    let fen = value.ok_or(Fault::Missing(name))?;
    if fen >= 0 { Ok(fen) } else { Err(Fault::Malformed(name)) }
}

pub(crate) fn optional_amount(value: Option<i64>, name: &'static str) -> Result<Option<i64>, Fault> {
    value.map(|fen| amount(Some(fen), name)).transpose()
}

/// An RFC 3339 field as UTC ms.
pub(crate) fn moment(value: Option<&str>, name: &'static str) -> Result<i64, Fault> {
    time::from_rfc3339(value.ok_or(Fault::Missing(name))?).map_err(|_| Fault::Malformed(name))
}

/// WeChat's prose as it may be shown and logged: at most 256 characters, no control characters.
pub(crate) fn prose(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(256).collect()
}
