//! Statements on a connection that is inside a transaction.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};

use crate::infra::db::row::{Columns, RawCell};
use crate::infra::db::{DbError, FromRow, Row, Value};

/// A connection on which a transaction is open.
pub struct SqliteTx<'c> {
    connection: &'c Connection,
}

impl<'c> SqliteTx<'c> {
    pub(in crate::infra::db) fn new(connection: &'c Connection) -> SqliteTx<'c> {
        SqliteTx { connection }
    }

    pub(in crate::infra::db) fn exec(&self, sql: &str, params: &[Value<'_>]) -> Result<u64, DbError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.execute(rusqlite::params_from_iter(params))? as u64)
    }

    pub(in crate::infra::db) fn rows<T: FromRow>(
        &self,
        sql: &str,
        params: &[Value<'_>],
    ) -> Result<Vec<T>, DbError> {
        let (mut statement, mut found) = (self.connection.prepare_cached(sql)?, Vec::new());
        collect(statement.query(rusqlite::params_from_iter(params))?, &mut found)?;
        Ok(found)
    }

    /// Runs one prepared statement for each chunk of parameters; how many rows all changed.
    pub(in crate::infra::db) fn exec_each<'r, 'v: 'r>(
        &self,
        sql: &str,
        chunks: impl Iterator<Item = &'r [&'r [Value<'v>]]>,
    ) -> Result<u64, DbError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let run = |chunk: &[&[Value<'v>]]| {
            Ok(statement.execute(rusqlite::params_from_iter(chunk.iter().copied().flatten()))? as u64)
        };
        chunks.map(run).sum()
    }

    /// The rows of one prepared `select` for each chunk of parameters.
    pub(in crate::infra::db) fn rows_each<'r, 'v: 'r, T: FromRow>(
        &self,
        sql: &str,
        chunks: impl Iterator<Item = &'r [&'r [Value<'v>]]>,
        found: &mut Vec<T>,
    ) -> Result<(), DbError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        for chunk in chunks {
            collect(statement.query(rusqlite::params_from_iter(chunk.iter().copied().flatten()))?, found)?;
        }
        Ok(())
    }

    pub(in crate::infra::db) fn script(&self, sql: &str) -> Result<(), DbError> {
        Ok(self.connection.execute_batch(sql)?)
    }
}

fn collect<T: FromRow>(mut rows: rusqlite::Rows<'_>, found: &mut Vec<T>) -> Result<(), DbError> {
    while let Some(row) = rows.next()? {
        found.push(T::from_row(&mut Row::new(Columns::Sqlite(row)))?);
    }
    Ok(())
}

impl<'c> From<SqliteTx<'c>> for super::super::Tx<'c> {
    fn from(tx: SqliteTx<'c>) -> Self {
        super::super::Tx::Sqlite(tx)
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Value::Int(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::DateTime(at) => ToSqlOutput::Owned(at.sql().into()),
        })
    }
}

pub(in crate::infra::db) fn cell<'r>(
    row: &'r rusqlite::Row<'_>,
    column: usize,
) -> Result<RawCell<'r>, DbError> {
    let wrong = |problem: &str| DbError::Decode { column, problem: problem.to_owned() };
    match row.get_ref(column)? {
        ValueRef::Null => Ok(RawCell::Null),
        ValueRef::Integer(number) => Ok(RawCell::Int(number)),
        ValueRef::Text(bytes) => {
            std::str::from_utf8(bytes).map(RawCell::Text).map_err(|_| wrong("is not UTF-8"))
        }
        ValueRef::Real(_) => Err(wrong("holds a floating-point number")),
        ValueRef::Blob(_) => Err(wrong("holds bytes")),
    }
}
