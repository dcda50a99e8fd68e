//! A transaction: what nouns are given to read and write with.

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
        let keys: Vec<&[Value<'v>]> = keys.iter().map(std::slice::from_ref).collect();
        self.rows_of(&keys, |count| format!("{head} in ({}) {tail}", repeated("?", ",", count))).await
    }

    /// All rows for which one of `keys` makes `clause` true, such as `a = ? and
    /// b = ?`: `head` ends in `where`.
    pub async fn rows_any<T: FromRow>(
        &mut self,
        head: &str,
        clause: &str,
        keys: &[&[Value<'_>]],
    ) -> Result<Vec<T>, DbError> {
        let clause = format!("({clause})");
        self.rows_of(keys, |count| format!("{head} {}", repeated(&clause, " or ", count))).await
    }

    /// Runs a statement for all rows for which one of `keys` makes `clause`
    /// true, as [`Tx::rows_any`] reads them.
    pub async fn exec_any(&mut self, head: &str, clause: &str, keys: &[&[Value<'_>]]) -> Result<(), DbError> {
        let clause = format!("({clause})");
        let sql = |count| format!("{head} {}", repeated(&clause, " or ", count));
        for (sql, chunks) in statements(keys, self.rows_per_statement(), sql) {
            match self {
                Tx::Sqlite(tx) => tx.exec_each(&sql, chunks).map(drop)?,
            }
        }
        Ok(())
    }

    /// Runs one statement for each row of parameters, and tells how many rows
    /// each changed: for guarded updates.
    pub async fn exec_each(&mut self, sql: &str, rows: &[&[Value<'_>]]) -> Result<Vec<u64>, DbError> {
        match self {
            Tx::Sqlite(tx) => tx.exec_each(sql, rows.chunks(1)),
        }
    }

    /// Inserts many rows of equal width: `head` is `insert into t (a, b)`.
    pub async fn insert_many(&mut self, head: &str, rows: &[&[Value<'_>]]) -> Result<(), DbError> {
        let row = format!("({})", repeated("?", ",", rows.first().map_or(0, |row| row.len())));
        let sql = |count| format!("{head} values {}", repeated(&row, ",", count));
        for (sql, chunks) in statements(rows, self.rows_per_statement(), sql) {
            match self {
                Tx::Sqlite(tx) => tx.exec_each(&sql, chunks).map(drop)?,
            }
        }
        Ok(())
    }

    async fn rows_of<T: FromRow>(
        &mut self,
        keys: &[&[Value<'_>]],
        sql: impl Fn(usize) -> String,
    ) -> Result<Vec<T>, DbError> {
        let mut found = Vec::with_capacity(keys.len());
        for (sql, chunks) in statements(keys, self.rows_per_statement(), sql) {
            match self {
                Tx::Sqlite(tx) => tx.rows_each(&sql, chunks, &mut found)?,
            }
        }
        Ok(found)
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

/// Parameters of many rows, cut to what one statement carries.
type Cut<'r, 'v> = std::slice::Chunks<'r, &'r [Value<'v>]>;

/// `rows` cut into chunks of `most`, and into one of what is left: two texts at
/// most, each made once however many statements it serves.
fn statements<'r, 'v>(
    rows: &'r [&'r [Value<'v>]],
    most: usize,
    sql: impl Fn(usize) -> String,
) -> impl Iterator<Item = (String, Cut<'r, 'v>)> {
    let (whole, rest) = rows.split_at(rows.len() - rows.len() % most);
    let kinds = [(most, whole), (rest.len(), rest)].into_iter().filter(|(_, rows)| !rows.is_empty());
    kinds.map(move |(count, rows)| (sql(count), rows.chunks(count)))
}

fn repeated(part: &str, between: &str, count: usize) -> String {
    vec![part; count].join(between)
}
