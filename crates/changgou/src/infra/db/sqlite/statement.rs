//! Statements on a connection that is inside a transaction.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};

use crate::infra::db::row::{ColumnPositions, Columns};
use crate::infra::db::{DbError, FromRow, Row, Value};

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
        let rows = statement.query(rusqlite::params_from_iter(params))?;
        collect(rows, &mut ColumnPositions::default(), &mut found)?;
        Ok(found)
    }

    /// Runs one prepared statement for each chunk of parameters and returns how many rows changed in
    /// all.
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

    /// The rows of one prepared `select` for all chunks of parameters.
    pub(in crate::infra::db) fn rows_each<'r, 'v: 'r, T: FromRow>(
        &self,
        sql: &str,
        chunks: impl Iterator<Item = &'r [&'r [Value<'v>]]>,
        found: &mut Vec<T>,
    ) -> Result<(), DbError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut positions = ColumnPositions::default();
        for chunk in chunks {
            let rows = statement.query(rusqlite::params_from_iter(chunk.iter().copied().flatten()))?;
            collect(rows, &mut positions, found)?;
        }
        Ok(())
    }

    pub(in crate::infra::db) fn script(&self, sql: &str) -> Result<(), DbError> {
        Ok(self.connection.execute_batch(sql)?)
    }
}

fn collect<T: FromRow>(
    mut rows: rusqlite::Rows<'_>,
    positions: &mut ColumnPositions,
    found: &mut Vec<T>,
) -> Result<(), DbError> {
    while let Some(row) = rows.next()? {
        found.push(T::from_row(&mut Row::new(Columns::Sqlite(row), positions))?);
    }
    Ok(())
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
