use mysql_async::consts::ColumnType;
use mysql_async::{Row, Value};

use super::RawCell;
use crate::domain::clock::UtcMs;

/// Prepared statements return numbers, text statements return them as text.
pub(super) fn cell(row: &Row, column: usize) -> Result<RawCell<'_>, String> {
    let value = row.as_ref(column).ok_or("is not there")?;
    match value {
        Value::NULL => Ok(RawCell::Null),
        Value::Int(number) => Ok(RawCell::Int(*number)),
        Value::UInt(number) => {
            i64::try_from(*number).map(RawCell::Int).map_err(|_| format!("holds {number}"))
        }
        Value::Bytes(bytes) => {
            let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
            if is_number(row.columns_ref()[column].column_type()) {
                text.parse().map(RawCell::Int).map_err(|_| format!("holds {text}"))
            } else {
                Ok(RawCell::Text(text))
            }
        }
        Value::Date(year, month, day, hour, minute, second, micros) => {
            let at = UtcMs::from_civil((*year, *month, *day), (*hour, *minute, *second), *micros);
            at.map(|at| RawCell::Int(at.0)).ok_or_else(|| "holds a date that does not exist".to_owned())
        }
        Value::Float(_) | Value::Double(_) => Err("holds a floating-point number".to_owned()),
        Value::Time(..) => Err("holds a duration".to_owned()),
    }
}

fn is_number(kind: ColumnType) -> bool {
    use ColumnType::{
        MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG, MYSQL_TYPE_SHORT, MYSQL_TYPE_TINY,
    };
    matches!(
        kind,
        MYSQL_TYPE_LONGLONG | MYSQL_TYPE_LONG | MYSQL_TYPE_INT24 | MYSQL_TYPE_SHORT | MYSQL_TYPE_TINY
    )
}
