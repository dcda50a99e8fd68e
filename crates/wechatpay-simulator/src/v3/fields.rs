//! Reading fields from the JSON of a request.

use serde_json::Value;

use super::response::V3Error;

/// A required text of at most `most` bytes.
pub fn text(json: &Value, pointer: &str, most: usize) -> Result<String, V3Error> {
    optional_text(json, pointer, most)?.ok_or_else(|| V3Error::param(pointer, "必填字段缺失"))
}

/// An optional text of at most `most` bytes. An empty text counts as missing.
pub fn optional_text(json: &Value, pointer: &str, most: usize) -> Result<Option<String>, V3Error> {
    match json.pointer(pointer) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if text.len() <= most => Ok(Some(text.clone())),
        Some(Value::String(_)) => Err(V3Error::param(pointer, "字段长度超过限制")),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(V3Error::param(pointer, "字段类型应为字符串"))
        }
    }
}

/// Whole fen, at least one.
pub fn fen(json: &Value, pointer: &str) -> Result<i64, V3Error> {
    let fen = json.pointer(pointer).and_then(Value::as_i64).filter(|fen| *fen >= 1);
    fen.ok_or_else(|| V3Error::param(pointer, "金额应为不小于1的整数，单位为分"))
}

/// The currency, which must be `CNY`.
pub fn currency(json: &Value, pointer: &str) -> Result<Option<String>, V3Error> {
    match optional_text(json, pointer, 16)? {
        Some(other) if other != "CNY" => Err(V3Error::param(pointer, "仅支持CNY")),
        value => Ok(value),
    }
}
