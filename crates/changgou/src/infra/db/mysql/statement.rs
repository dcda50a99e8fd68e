//! Statements on a connection that is inside a transaction.

use std::fmt::Write as _;
use std::time::Duration;

use mysql_async::consts::ColumnType;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row as MyRow, Value as MyValue};

use super::retry::{self, RetryCause};
use crate::domain::clock::UtcMs;
use crate::infra::db::row::{Columns, RawCell};
use crate::infra::db::{DbError, FromRow, Row, Value};

/// How often work that met a taken key runs again before that is believed.
const UNIQUE_TRIES: u32 = 3;

/// How much longer than the server's own bound a statement may take.
const GRACE: Duration = Duration::from_secs(5);

/// A connection on which a transaction is open.
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

    /// A single statement, prepared once a connection.
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
        let done = within(self.timeout, work).await;
        self.heed(done)
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
        let found = within(self.timeout, work).await;
        self.heed(found)?.iter().map(read).collect()
    }

    /// A statement for many rows, sent as text: one round trip whatever its width.
    pub(in crate::infra::db) async fn exec_wide(
        &mut self,
        sql: &str,
        rows: &[&[Value<'_>]],
    ) -> Result<u64, DbError> {
        let text = filled(sql, rows);
        let connection = &mut *self.connection;
        let work = async {
            connection.query_drop(text).await?;
            Ok(connection.affected_rows())
        };
        let done = within(self.timeout, work).await;
        self.heed(done)
    }

    /// A `select` for many keys, sent as text.
    pub(in crate::infra::db) async fn rows_wide<T: FromRow>(
        &mut self,
        sql: &str,
        rows: &[&[Value<'_>]],
        found: &mut Vec<T>,
    ) -> Result<(), DbError> {
        let text = filled(sql, rows);
        let connection = &mut *self.connection;
        let got = within(self.timeout, connection.query::<MyRow, _>(text)).await;
        for row in &self.heed(got)? {
            found.push(read(row)?);
        }
        Ok(())
    }

    /// Ends the transaction: `commit` or `rollback`.
    pub(super) async fn end(&mut self, word: &str) -> Result<(), DbError> {
        self.exec(word, &[]).await.map(drop)
    }

    /// Notes that somebody else was first.
    pub(in crate::infra::db) fn raced(&mut self, what: String) -> DbError {
        let error = DbError::Raced(what);
        self.fault = Some(RetryCause::Raced(error.clone()));
        error
    }

    /// How often this work ran before.
    pub(in crate::infra::db) fn tries(&self) -> u32 {
        self.tries
    }

    /// Why the whole transaction must run again, if it must.
    pub(in crate::infra::db) fn doomed(&self) -> Option<DbError> {
        match &self.fault {
            Some(RetryCause::Lost(error) | RetryCause::Raced(error)) => Some(error.clone()),
            Some(RetryCause::Unique(error)) if self.tries < UNIQUE_TRIES => Some(error.clone()),
            Some(RetryCause::Unique(_)) | None => None,
        }
    }

    /// Why the work may run again.
    pub(in crate::infra::db) fn into_fault(self) -> Option<RetryCause> {
        match self.fault {
            Some(RetryCause::Unique(_)) if self.tries >= UNIQUE_TRIES => None,
            Some(_) | None => self.fault,
        }
    }

    /// Keeps in mind what makes the transaction run again.
    fn heed<T>(&mut self, done: Result<T, mysql_async::Error>) -> Result<T, DbError> {
        done.map_err(|error| {
            let (error, fault) = retry::read(error);
            // What was lost stays lost, whatever fails after it.
            if !matches!(self.fault, Some(RetryCause::Lost(_) | RetryCause::Raced(_))) {
                self.fault = fault.or(self.fault.take());
            }
            error
        })
    }
}

/// A server that does not answer is a server that is gone.
async fn within<T>(
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

/// The statement with its parameters in their places. Texts are escaped by the
/// driver, for utf8mb4 and with backslashes, as every connection is set up.
fn filled(sql: &str, rows: &[&[Value<'_>]]) -> String {
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

fn read<T: FromRow>(row: &MyRow) -> Result<T, DbError> {
    T::from_row(&mut Row::new(Columns::Mysql(row)))
}

/// Numbers come as such from prepared statements and as text from others.
pub(in crate::infra::db) fn cell(row: &MyRow, column: usize) -> Result<RawCell<'_>, DbError> {
    let wrong = |problem: String| DbError::Decode { column, problem };
    let value = row.as_ref(column).ok_or_else(|| wrong("is not there".to_owned()))?;
    match value {
        MyValue::NULL => Ok(RawCell::Null),
        MyValue::Int(number) => Ok(RawCell::Int(*number)),
        MyValue::UInt(number) => {
            i64::try_from(*number).map(RawCell::Int).map_err(|_| wrong(format!("holds {number}")))
        }
        MyValue::Bytes(bytes) => {
            let text = std::str::from_utf8(bytes).map_err(|_| wrong("is not UTF-8".to_owned()))?;
            if is_number(row.columns_ref()[column].column_type()) {
                text.parse().map(RawCell::Int).map_err(|_| wrong(format!("holds {text}")))
            } else {
                Ok(RawCell::Text(text))
            }
        }
        MyValue::Date(year, month, day, hour, minute, second, micros) => {
            let at = UtcMs::from_civil((*year, *month, *day), (*hour, *minute, *second), *micros);
            at.map(|at| RawCell::Int(at.0)).ok_or_else(|| wrong("holds no time".to_owned()))
        }
        MyValue::Float(_) | MyValue::Double(_) => Err(wrong("holds a floating-point number".to_owned())),
        MyValue::Time(..) => Err(wrong("holds a span of time".to_owned())),
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

impl<'c> From<MysqlTx<'c>> for super::super::Tx<'c> {
    fn from(tx: MysqlTx<'c>) -> Self {
        super::super::Tx::Mysql(tx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::db::params;

    #[test]
    fn texts_cannot_leave_their_quotes() {
        let rows = [params![1, "a'); drop table tb_order; -- ", None::<i64>], params![-2, "\\'?", "你"]];
        let sql = filled("insert into t (a, b, c) values (?,?,?),(?,?,?)", &rows);
        let quoted =
            r"insert into t (a, b, c) values (1,'a\'); drop table tb_order; -- ',NULL),(-2,'\\\'?','你')";
        assert_eq!(sql, quoted);
    }
}
