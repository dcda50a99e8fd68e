//! Statements on a connection that is inside a transaction.

use std::fmt::Write as _;
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row as MyRow, Value as MyValue};

use super::retry::{self, RetryCause};
use crate::infra::db::row::{ColumnPositions, Columns};
use crate::infra::db::{DbError, FromRow, Row, Value};

/// How often a job runs again after a duplicate key before the error is returned.
const UNIQUE_TRIES: u32 = 3;

/// Added to the server's own limit on a statement.
const GRACE: Duration = Duration::from_secs(5);

pub struct MysqlTx<'c> {
    connection: &'c mut Conn,
    timeout: Option<Duration>,
    tries: u32,
    fault: Option<RetryCause>,
}

impl<'c> MysqlTx<'c> {
    pub(super) fn new(connection: &'c mut Conn, timeout: Option<Duration>, tries: u32) -> MysqlTx<'c> {
        MysqlTx { connection, timeout, tries, fault: None }
    }

    /// A single statement, prepared once per connection.
    pub(in crate::infra::db) async fn exec(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
    ) -> Result<u64, DbError> {
        let connection = &mut *self.connection;
        let work = async {
            match positional(params) {
                Some(params) => connection.exec_drop(sql, params).await?,
                None => connection.query_drop(sql).await?,
            }
            Ok(connection.affected_rows())
        };
        let done = with_timeout(self.timeout, work).await;
        self.record_fault(done)
    }

    pub(in crate::infra::db) async fn rows<T: FromRow>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
    ) -> Result<Vec<T>, DbError> {
        let connection = &mut *self.connection;
        let work = async {
            match positional(params) {
                Some(params) => connection.exec::<MyRow, _, _>(sql, params).await,
                None => connection.query::<MyRow, _>(sql).await,
            }
        };
        let found = with_timeout(self.timeout, work).await;
        let mut positions = ColumnPositions::default();
        self.record_fault(found)?.iter().map(|row| read(row, &mut positions)).collect()
    }

    /// A statement for many rows, sent as text in one round trip.
    pub(in crate::infra::db) async fn exec_text(
        &mut self,
        sql: &str,
        rows: &[&[Value<'_>]],
    ) -> Result<u64, DbError> {
        let text = with_values(sql, rows);
        let connection = &mut *self.connection;
        let work = async {
            connection.query_drop(text).await?;
            Ok(connection.affected_rows())
        };
        let done = with_timeout(self.timeout, work).await;
        self.record_fault(done)
    }

    /// A `select` for many keys, sent as text.
    pub(in crate::infra::db) async fn rows_text<T: FromRow>(
        &mut self,
        sql: &str,
        rows: &[&[Value<'_>]],
        found: &mut Vec<T>,
    ) -> Result<(), DbError> {
        let text = with_values(sql, rows);
        let connection = &mut *self.connection;
        let got = with_timeout(self.timeout, connection.query::<MyRow, _>(text)).await;
        let mut positions = ColumnPositions::default();
        for row in &self.record_fault(got)? {
            found.push(read(row, &mut positions)?);
        }
        Ok(())
    }

    /// Ends the transaction: `commit` or `rollback`.
    pub(super) async fn end(&mut self, word: &str) -> Result<(), DbError> {
        self.exec(word, &[]).await.map(drop)
    }

    /// Records a conflict.
    pub(in crate::infra::db) fn race_error(&mut self, what: String) -> DbError {
        let error = DbError::Raced(what);
        self.fault = Some(RetryCause::Raced(error.clone()));
        error
    }

    /// How often this job ran before.
    pub(in crate::infra::db) fn tries(&self) -> u32 {
        self.tries
    }

    /// Why the whole transaction must run again, if it must.
    pub(in crate::infra::db) fn fatal_error(&self) -> Option<DbError> {
        match &self.fault {
            Some(RetryCause::Lost(error) | RetryCause::Raced(error)) => Some(error.clone()),
            Some(RetryCause::Unique(error)) if self.tries < UNIQUE_TRIES => Some(error.clone()),
            Some(RetryCause::Unique(_)) | None => None,
        }
    }

    /// Why the job may run again.
    pub(in crate::infra::db) fn into_fault(self) -> Option<RetryCause> {
        match self.fault {
            Some(RetryCause::Unique(_)) if self.tries >= UNIQUE_TRIES => None,
            Some(_) | None => self.fault,
        }
    }

    /// Records the error if the transaction should run again after it.
    fn record_fault<T>(&mut self, done: Result<T, mysql_async::Error>) -> Result<T, DbError> {
        done.map_err(|error| {
            let (error, fault) = retry::classify_error(error);
            // Later errors do not replace a lost connection or a conflict.
            if !matches!(self.fault, Some(RetryCause::Lost(_) | RetryCause::Raced(_))) {
                self.fault = fault.or(self.fault.take());
            }
            error
        })
    }
}

/// A timeout counts as a lost connection.
async fn with_timeout<T>(
    timeout: Option<Duration>,
    work: impl Future<Output = Result<T, mysql_async::Error>>,
) -> Result<T, mysql_async::Error> {
    let Some(timeout) = timeout else { return work.await };
    let done = tokio::time::timeout(timeout + GRACE, work).await;
    done.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}

fn positional(params: &[Value<'_>]) -> Option<Params> {
    (!params.is_empty()).then(|| Params::Positional(params.iter().map(value).collect()))
}

fn value(value: &Value<'_>) -> MyValue {
    match value {
        Value::Null => MyValue::NULL,
        Value::Int(number) => MyValue::Int(*number),
        Value::Text(text) => MyValue::Bytes(text.as_bytes().to_vec()),
        Value::DateTime(at) => MyValue::Bytes(at.sql().into_bytes()),
    }
}

/// The statement with its parameters inserted. The driver escapes texts for utf8mb4 with backslashes;
/// every connection is set up accordingly.
fn with_values(sql: &str, rows: &[&[Value<'_>]]) -> String {
    let mut text = String::with_capacity(sql.len() * 4);
    let mut values = rows.iter().copied().flatten();
    let mut parts = sql.split('?');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        match values.next() {
            // Writing into a String cannot fail.
            Some(Value::Int(number)) => drop(write!(text, "{number}")),
            Some(other) => text.push_str(&value(other).as_sql(false)),
            None => text.push('?'),
        }
        text.push_str(part);
    }
    text
}

fn read<T: FromRow>(row: &MyRow, positions: &mut ColumnPositions) -> Result<T, DbError> {
    T::from_row(&mut Row::new(Columns::Mysql(row), positions))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::db::params;

    #[test]
    fn texts_cannot_leave_their_quotes() {
        let rows = [params![1, "a'); drop table tb_order; -- ", None::<i64>], params![-2, "\\'?", "你"]];
        let sql = with_values("insert into t (a, b, c) values (?,?,?),(?,?,?)", &rows);
        let quoted =
            r"insert into t (a, b, c) values (1,'a\'); drop table tb_order; -- ',NULL),(-2,'\\\'?','你')";
        assert_eq!(sql, quoted);
    }
}
