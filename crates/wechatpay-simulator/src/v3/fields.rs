//! Reading a request's JSON, field by field.

use serde_json::Value;

use super::response::Refusal;

/// A text of at most `most` bytes that must be there.
pub fn text(json: &Value, pointer: &str, most: usize) -> Result<String, Refusal> {
    optional_text(json, pointer, most)?.ok_or_else(|| Refusal::param(pointer, "必填字段缺失"))
}

/// A text of at most `most` bytes. An empty one is none.
pub fn optional_text(json: &Value, pointer: &str, most: usize) -> Result<Option<String>, Refusal> {
    match json.pointer(pointer) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if text.len() <= most => Ok(Some(text.clone())),
        Some(Value::String(_)) => Err(Refusal::param(pointer, "字段长度超过限制")),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(Refusal::param(pointer, "字段类型应为字符串"))
        }
    }
}

/// Whole fen, at least one.
pub fn fen(json: &Value, pointer: &str) -> Result<i64, Refusal> {
    let fen = json.pointer(pointer).and_then(Value::as_i64).filter(|fen| *fen >= 1);
    fen.ok_or_else(|| Refusal::param(pointer, "金额应为不小于1的整数，单位为分"))
}

/// `CNY`, which is all there is.
pub fn currency(json: &Value, pointer: &str) -> Result<Option<String>, Refusal> {
    match optional_text(json, pointer, 16)? {
        Some(other) if other != "CNY" => Err(Refusal::param(pointer, "仅支持CNY")),
        told => Ok(told),
    }
}
