//! A transaction: what nouns are given to read and write with.

use std::fmt::Display;

use crate::ground::db::{DbError, FromRow, Value, sqlite};

/// A transaction of some engine. Dropping it never commits: `db` does.
pub enum Tx<'c> {
    /// Embedded SQLite; every call is done when it returns.
    Sqlite(sqlite::Tx<'c>),
}

/// How a nested piece of work ended when it did not end well.
#[derive(Debug)]
pub enum Nested<E> {
    /// It was undone for its own reasons; the transaction goes on.
    Undone(E),
    /// The transaction itself is lost.
    Lost(DbError),
}

impl Tx<'_> {
    /// How many rows a statement should carry: calls into SQLite cost nothing,
    /// so single-row statements that stay prepared are its fastest form.
    fn rows_per_statement(&self) -> usize {
        match self {
            Tx::Sqlite(_) => 1,
        }
    }

    /// Runs a statement and tells how many rows it changed.
    pub async fn exec(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, DbError> {
        match self {
            Tx::Sqlite(tx) => tx.exec(sql, params),
        }
    }

    /// All rows of a `select`.
    pub async fn rows<T: FromRow>(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Vec<T>, DbError> {
        match self {
            Tx::Sqlite(tx) => tx.rows(sql, params),
        }
    }

    /// The first row of a `select`, if there is one.
    pub async fn row<T: FromRow>(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Option<T>, DbError> {
        Ok(self.rows(sql, params).await?.into_iter().next())
    }

    /// The one row of a `select` that always has one, such as a count.
    pub async fn one<T: FromRow>(&mut self, sql: &str, params: &[Value<'_>]) -> Result<T, DbError> {
        self.row(sql, params).await?.ok_or(DbError::NoRow)
    }

    /// All rows whose key is one of `keys`: `head` ends in `where column`,
    /// which is followed by `in (…)` and `tail`.
    pub async fn rows_in<'v, T: FromRow>(
        &mut self,
        head: &str,
        keys: impl IntoIterator<Item = Value<'v>>,
        tail: &str,
    ) -> Result<Vec<T>, DbError> {
        let keys: Vec<Value<'v>> = keys.into_iter().collect();
        let mut found = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(self.rows_per_statement()) {
            let sql = format!("{head} in ({}) {tail}", marks(chunk.len()));
            found.extend(self.rows::<T>(&sql, chunk).await?);
        }
        Ok(found)
    }

    /// All rows for which one of `keys` makes `clause` true, such as `a = ? and
    /// b = ?`: `head` ends in `where`.
    pub async fn rows_any<T: FromRow>(
        &mut self,
        head: &str,
        clause: &str,
        keys: &[&[Value<'_>]],
    ) -> Result<Vec<T>, DbError> {
        let mut found = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(self.rows_per_statement()) {
            let clauses: Vec<String> = chunk.iter().map(|_| format!("({clause})")).collect();
            found.extend(self.rows::<T>(&format!("{head} {}", clauses.join(" or ")), &chunk.concat()).await?);
        }
        Ok(found)
    }

    /// Inserts many rows of equal width: `head` is `insert into t (a, b)`.
    pub async fn insert_many(&mut self, head: &str, rows: &[&[Value<'_>]]) -> Result<(), DbError> {
        let (Some(first), rows_each) = (rows.first(), self.rows_per_statement()) else {
            return Ok(());
        };
        if rows_each == 1 {
            return self.exec_each(&format!("{head} values ({})", marks(first.len())), rows).await;
        }
        for chunk in rows.chunks(rows_each) {
            let row = format!("({})", marks(chunk[0].len()));
            let sql = format!("{head} values {}", joined(chunk.iter().map(|_| &row)));
            self.exec(&sql, &chunk.concat()).await?;
        }
        Ok(())
    }

    /// Runs a statement once for each row of parameters; it is prepared once for all of them.
    async fn exec_each(&mut self, sql: &str, rows: &[&[Value<'_>]]) -> Result<(), DbError> {
        match self {
            Tx::Sqlite(tx) => tx.exec_each(sql, rows),
        }
    }

    /// Runs `work` so that its failure undoes only itself.
    pub async fn nested<T, E>(
        &mut self,
        work: impl AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, Nested<E>> {
        self.exec("savepoint nested", &[]).await.map_err(Nested::Lost)?;
        let done = work(self).await;
        let end: &[&str] = match done {
            Ok(_) => &["release nested"],
            Err(_) => &["rollback to nested", "release nested"],
        };
        for sql in end {
            self.exec(sql, &[]).await.map_err(Nested::Lost)?;
        }
        done.map_err(Nested::Undone)
    }
}

/// So many `?`, separated by commas.
pub fn marks(count: usize) -> String {
    joined((0..count).map(|_| "?"))
}

fn joined(parts: impl Iterator<Item = impl Display>) -> String {
    let mut text = String::new();
    for part in parts {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&part.to_string());
    }
    text
}
