//! What comes out of a `select`.

use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId};
use crate::domain::money::Fen;
use crate::infra::db::DbError;

/// A row, read column by column from the left.
pub struct Row<'r> {
    columns: Columns<'r>,
    next: usize,
}

pub(super) enum Columns<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Mysql(&'r mysql_async::Row),
}

/// One column as the engines give it.
pub(super) enum RawCell<'r> {
    Null,
    Int(i64),
    Text(&'r str),
}

/// What can be read from a column.
pub trait Decode: Sized {
    /// Reads a number.
    fn from_int(number: i64) -> Result<Self, String> {
        Err(format!("holds the number {number}"))
    }
    /// Reads a text.
    fn from_text(text: &str) -> Result<Self, String> {
        Err(format!("holds the text {:.40?}", text))
    }
    /// Reads `null`.
    fn from_null() -> Result<Self, String> {
        Err("holds null".to_owned())
    }
}

/// What can be read from a row: its columns from the left, in the order of the `select`.
pub trait FromRow: Sized {
    /// Reads one row.
    fn from_row(row: &mut Row<'_>) -> Result<Self, DbError>;
}

impl<'r> Row<'r> {
    pub(super) fn new(columns: Columns<'r>) -> Row<'r> {
        Row { columns, next: 0 }
    }

    /// The next column.
    pub fn take<T: Decode>(&mut self) -> Result<T, DbError> {
        let column = self.next;
        self.next += 1;
        let decoded = match self.cell(column)? {
            RawCell::Null => T::from_null(),
            RawCell::Int(number) => T::from_int(number),
            RawCell::Text(text) => T::from_text(text),
        };
        decoded.map_err(|problem| DbError::Decode { column, problem })
    }

    fn cell(&self, column: usize) -> Result<RawCell<'_>, DbError> {
        match &self.columns {
            Columns::Sqlite(row) => super::sqlite::cell(row, column),
            Columns::Mysql(row) => super::mysql::cell(row, column),
        }
    }
}

impl Decode for i64 {
    fn from_int(number: i64) -> Result<i64, String> {
        Ok(number)
    }
}

impl Decode for Fen {
    fn from_int(number: i64) -> Result<Fen, String> {
        Ok(Fen(number))
    }
}

impl Decode for Id {
    fn from_int(number: i64) -> Result<Id, String> {
        Ok(Id(number))
    }
}

impl Decode for String {
    fn from_text(text: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }
}

impl Decode for OrderId {
    fn from_text(text: &str) -> Result<OrderId, String> {
        Ok(OrderId(text.to_owned()))
    }
}

/// A millisecond column holds a number, a `datetime` column a text.
impl Decode for UtcMs {
    fn from_int(number: i64) -> Result<UtcMs, String> {
        Ok(UtcMs(number))
    }

    fn from_text(text: &str) -> Result<UtcMs, String> {
        UtcMs::from_sql(text).ok_or_else(|| format!("holds {text:.40?}, which is no time"))
    }
}

impl<T: Decode> Decode for Option<T> {
    fn from_int(number: i64) -> Result<Self, String> {
        T::from_int(number).map(Some)
    }

    fn from_text(text: &str) -> Result<Self, String> {
        T::from_text(text).map(Some)
    }

    fn from_null() -> Result<Self, String> {
        Ok(None)
    }
}

macro_rules! rows_of {
    ($($name:ident)+) => {
        impl<$($name: Decode),+> FromRow for ($($name,)+) {
            fn from_row(row: &mut Row<'_>) -> Result<Self, DbError> {
                Ok(($(row.take::<$name>()?,)+))
            }
        }
    };
}

rows_of!(A);
rows_of!(A B);
rows_of!(A B C);
rows_of!(A B C D);
rows_of!(A B C D E);
rows_of!(A B C D E F);
