//! Rows of a `select`, read by the names of their columns.

mod mysql;
mod sqlite;

use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId};
use crate::domain::money::Fen;
use crate::domain::openid::Openid;
use crate::domain::words::StoredWord;
use crate::infra::db::DbError;

/// One row. The columns must be taken in the same order from every row of a result.
pub struct Row<'r> {
    columns: Columns<'r>,
    positions: &'r mut ColumnPositions,
    next: usize,
}

/// Where the columns that a type reads are in a result. The names are looked up
/// in the first row only; later rows are read by position.
#[derive(Default)]
pub(super) struct ColumnPositions(Vec<usize>);

pub(super) enum Columns<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Mysql(&'r mysql_async::Row),
}

/// The value of a column as the engines return it.
pub(super) enum RawCell<'r> {
    Null,
    Int(i64),
    Text(&'r str),
}

/// What can be read from a column. The errors say what the column holds instead.
pub trait Decode: Sized {
    fn from_int(number: i64) -> Result<Self, String> {
        Err(format!("holds the number {number}"))
    }

    fn from_text(text: &str) -> Result<Self, String> {
        Err(format!("holds the text {:.40?}", text))
    }

    fn from_null() -> Result<Self, String> {
        Err("holds null".to_owned())
    }
}

/// What can be read from a row: structs by the names of their columns, see
/// `from_row!`; tuples by position, for short statements.
pub trait FromRow: Sized {
    fn from_row(row: &mut Row<'_>) -> Result<Self, DbError>;
}

impl<'r> Row<'r> {
    pub(super) fn new(columns: Columns<'r>, positions: &'r mut ColumnPositions) -> Row<'r> {
        Row { columns, positions, next: 0 }
    }

    /// The value of the column `name`.
    pub fn take<T: Decode>(&mut self, name: &str) -> Result<T, DbError> {
        let column = match self.positions.0.get(self.next) {
            Some(column) => *column,
            None => self.find(name)?,
        };
        self.next += 1;
        self.decode(column)
    }

    fn find(&mut self, name: &str) -> Result<usize, DbError> {
        let count = self.columns.count();
        if self.next == 0 {
            self.positions.0.reserve_exact(count);
        }
        // Most statements name the columns in the order in which they are read.
        let mut likely_first = (self.next..count).chain(0..self.next.min(count));
        let missing = || DbError::Decode { column: name.to_owned(), problem: "is not selected".to_owned() };
        let column = likely_first.find(|column| self.columns.is_named(*column, name)).ok_or_else(missing)?;
        self.positions.0.push(column);
        Ok(column)
    }

    fn take_next<T: Decode>(&mut self) -> Result<T, DbError> {
        self.next += 1;
        self.decode(self.next - 1)
    }

    fn decode<T: Decode>(&self, column: usize) -> Result<T, DbError> {
        let decoded = self.columns.cell(column).and_then(|cell| match cell {
            RawCell::Null => T::from_null(),
            RawCell::Int(number) => T::from_int(number),
            RawCell::Text(text) => T::from_text(text),
        });
        decoded.map_err(|problem| DbError::Decode { column: self.columns.name(column), problem })
    }
}

impl Columns<'_> {
    fn cell(&self, column: usize) -> Result<RawCell<'_>, String> {
        match self {
            Columns::Sqlite(row) => sqlite::cell(row, column),
            Columns::Mysql(row) => mysql::cell(row, column),
        }
    }

    fn count(&self) -> usize {
        match self {
            Columns::Sqlite(row) => row.as_ref().column_count(),
            Columns::Mysql(row) => row.len(),
        }
    }

    /// Servers return the names of `information_schema` in upper case.
    fn is_named(&self, column: usize, name: &str) -> bool {
        match self {
            Columns::Sqlite(row) => row.as_ref().column_name(column).is_ok_and(|own| own == name),
            Columns::Mysql(row) => row.columns_ref()[column].name_ref().eq_ignore_ascii_case(name.as_bytes()),
        }
    }

    fn name(&self, column: usize) -> String {
        let name = match self {
            Columns::Sqlite(row) => row.as_ref().column_name(column).ok().map(ToOwned::to_owned),
            Columns::Mysql(row) => row.columns_ref().get(column).map(|own| own.name_str().into_owned()),
        };
        name.unwrap_or_else(|| column.to_string())
    }
}

impl Decode for i64 {
    fn from_int(number: i64) -> Result<i64, String> {
        Ok(number)
    }
}

/// `1` is true, in a number or a letter; every other value is false.
impl Decode for bool {
    fn from_int(number: i64) -> Result<bool, String> {
        Ok(number == 1)
    }

    fn from_text(text: &str) -> Result<bool, String> {
        Ok(text == "1")
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

impl Decode for Openid {
    fn from_text(text: &str) -> Result<Openid, String> {
        Openid::parse(text).ok_or_else(|| "is not an openid".to_owned())
    }
}

impl<T: StoredWord> Decode for T {
    fn from_text(text: &str) -> Result<T, String> {
        T::from_word(text).ok_or_else(|| format!("holds the unknown word {text:.40?}"))
    }
}

/// A millisecond column holds a number, a `datetime` column a text.
impl Decode for UtcMs {
    fn from_int(number: i64) -> Result<UtcMs, String> {
        Ok(UtcMs(number))
    }

    fn from_text(text: &str) -> Result<UtcMs, String> {
        UtcMs::from_sql(text).ok_or_else(|| format!("holds {text:.40?}, which is not a time"))
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
                Ok(($(row.take_next::<$name>()?,)+))
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

/// Says from which columns the fields of a struct are read:
///
/// - `field`: the column of the same name;
/// - `field: column`;
/// - `field or default`, `field: column or default`: null is read as the default;
/// - `field: Type { … }`: a struct within the struct;
/// - `field: function(columns)`, `field => function(columns)`: what the function
///   makes of the columns; after `=>` it may fail, and says what is wrong;
/// - `field = value`: read from no column.
macro_rules! from_row {
    ($type:ident { $($fields:tt)* }) => {
        impl $crate::infra::db::FromRow for $type {
            fn from_row(row: &mut $crate::infra::db::Row<'_>) -> Result<$type, $crate::infra::db::DbError> {
                Ok($crate::infra::db::from_row!(@struct row $type { $($fields)* }))
            }
        }
    };
    (@struct $row:ident $type:ident { $(
        $field:ident
        $(: $source:ident $(($($argument:ident),+))? $({ $($inner:tt)* })?)?
        $(=> $checked:ident ($($part:ident),+))?
        $(or $default:ident)?
        $(= $value:expr)?
    ),+ $(,)? }) => {
        $type { $(
            $field: $crate::infra::db::from_row!(
                @field $row $field
                $(: $source $(($($argument),+))? $({ $($inner)* })?)?
                $(=> $checked ($($part),+))?
                $(or $default)?
                $(= $value)?
            )
        ),+ }
    };
    (@field $row:ident $column:ident) => { $row.take(stringify!($column))? };
    (@field $row:ident $field:ident : $column:ident) => { $row.take(stringify!($column))? };
    (@field $row:ident $column:ident or default) => {
        $row.take::<Option<_>>(stringify!($column))?.unwrap_or_default()
    };
    (@field $row:ident $field:ident : $column:ident or default) => {
        $row.take::<Option<_>>(stringify!($column))?.unwrap_or_default()
    };
    (@field $row:ident $field:ident : $type:ident { $($inner:tt)* }) => {
        $crate::infra::db::from_row!(@struct $row $type { $($inner)* })
    };
    (@field $row:ident $field:ident : $function:ident ($($column:ident),+)) => {
        $function($($row.take(stringify!($column))?),+)
    };
    (@field $row:ident $field:ident => $function:ident ($($column:ident),+)) => {
        $function($($row.take(stringify!($column))?),+).map_err(|problem| $crate::infra::db::DbError::Decode {
            column: stringify!($field).to_owned(),
            problem,
        })?
    };
    (@field $row:ident $field:ident = $value:expr) => { $value };
}
pub(crate) use from_row;
