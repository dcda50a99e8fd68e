use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::RawCell;

pub(super) fn cell<'r>(row: &'r Row<'_>, column: usize) -> Result<RawCell<'r>, String> {
    let wrong = str::to_owned;
    match row.get_ref(column).map_err(|error| error.to_string())? {
        ValueRef::Null => Ok(RawCell::Null),
        ValueRef::Integer(number) => Ok(RawCell::Int(number)),
        ValueRef::Text(bytes) => {
            std::str::from_utf8(bytes).map(RawCell::Text).map_err(|_| wrong("is not UTF-8"))
        }
        ValueRef::Real(_) => Err(wrong("holds a floating-point number")),
        ValueRef::Blob(_) => Err(wrong("holds bytes")),
    }
}
