//! Transactions, with which the stores read and write.

use crate::infra::db::mysql::MysqlTx;
use crate::infra::db::mysql::retry::RetryCause;
use crate::infra::db::sqlite::SqliteTx;
use crate::infra::db::{DbError, FromRow, Value};

/// A transaction of an engine. Dropping it does not commit; the database threads do.
pub enum Tx<'c> {
    /// Embedded; calls are synchronous.
    Sqlite(SqliteTx<'c>),
    /// Every call is a round trip.
    Mysql(MysqlTx<'c>),
}

impl<'c> From<SqliteTx<'c>> for Tx<'c> {
    fn from(tx: SqliteTx<'c>) -> Self {
        Tx::Sqlite(tx)
    }
}

impl<'c> From<MysqlTx<'c>> for Tx<'c> {
    fn from(tx: MysqlTx<'c>) -> Self {
        Tx::Mysql(tx)
    }
}

/// Rows per statement on a server: many share a round trip, and the text stays far below the smallest
/// `max_allowed_packet`.
const ROWS_PER_STATEMENT: usize = 500;

/// A guarded update of many rows, each with its own parameters. `:name` is the parameter of that name.
#[derive(Clone, Copy, Debug)]
pub struct RowChange<'a> {
    pub table: &'a str,
    /// The names of each row's parameters, in order.
    pub given: &'a [&'a str],
    /// Such as `num = num - :sold`.
    pub set: &'a str,
    /// The row and its condition, such as `id = :id and num >= :sold`.
    pub guard: &'a str,
}

/// The most keys per statement of [`Tx::exec_in`].
const KEYS_MAX: usize = 256;

/// Whether other transactions write at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConcurrentWriters {
    /// There is one writer.
    None,
    /// Other connections of this and of other nodes.
    Some {
        /// How often this job ran before.
        tries: u32,
    },
}

/// Why nested work failed.
#[derive(Debug)]
pub enum SavepointError<E> {
    /// The nested work was rolled back; the transaction continues.
    Undone(E),
    Lost(DbError),
}

impl Tx<'_> {
    /// Calls into SQLite are cheap, so prepared single-row statements are fastest there.
    fn rows_per_statement(&self) -> usize {
        match self {
            Tx::Sqlite(_) => 1,
            Tx::Mysql(_) => ROWS_PER_STATEMENT,
        }
    }

    /// Runs a statement and returns how many rows matched.
    pub async fn exec(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, DbError> {
        match self {
            Tx::Sqlite(tx) => tx.exec(sql, params),
            Tx::Mysql(tx) => tx.exec(sql, params).await,
        }
    }

    /// All rows of a `select`. `for update` is removed for SQLite, which has one writer.
    pub async fn rows<T: FromRow>(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Vec<T>, DbError> {
        match self {
            Tx::Sqlite(tx) => tx.rows(without_lock(sql), params),
            Tx::Mysql(tx) => tx.rows(sql, params).await,
        }
    }

    pub async fn row<T: FromRow>(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Option<T>, DbError> {
        Ok(self.rows(sql, params).await?.into_iter().next())
    }

    /// The row of a `select` that always has one, such as a count.
    pub async fn required_row<T: FromRow>(&mut self, sql: &str, params: &[Value<'_>]) -> Result<T, DbError> {
        self.row(sql, params).await?.ok_or(DbError::NoRow)
    }

    /// All rows whose key is in `keys`: `head` ends with `where column`; `in (…)` and `tail` are
    /// appended.
    pub async fn rows_in<'v, T: FromRow>(
        &mut self,
        head: &str,
        keys: impl IntoIterator<Item = Value<'v>>,
        tail: &str,
    ) -> Result<Vec<T>, DbError> {
        let keys: Vec<Value<'v>> = keys.into_iter().collect();
        let keys: Vec<&[Value<'v>]> = keys.iter().map(std::slice::from_ref).collect();
        self.select_rows(&keys, |count| format!("{head} in ({}) {tail}", repeated("?", ",", count))).await
    }

    /// All rows for which `clause`, such as `a = ? and b = ?`, is true for one of `keys`: `head` ends
    /// with `where`.
    pub async fn rows_any<T: FromRow>(
        &mut self,
        head: &str,
        clause: &str,
        keys: &[&[Value<'_>]],
    ) -> Result<Vec<T>, DbError> {
        let clause = format!("({clause})");
        self.select_rows(keys, |count| format!("{head} {}", repeated(&clause, " or ", count))).await
    }

    /// Runs a statement for the rows that [`Tx::rows_any`] would read, and returns how many matched.
    pub async fn exec_any(
        &mut self,
        head: &str,
        clause: &str,
        keys: &[&[Value<'_>]],
    ) -> Result<u64, DbError> {
        let clause = format!("({clause})");
        self.exec_rows(keys, |count| format!("{head} {}", repeated(&clause, " or ", count))).await
    }

    /// Runs a statement for the rows whose key is in `keys`, and returns how many matched. `head` has
    /// its own parameters and ends with the key's column; `in (…)` is appended.
    pub async fn exec_in(
        &mut self,
        head: &str,
        params: &[Value<'_>],
        keys: &[Value<'_>],
    ) -> Result<u64, DbError> {
        let mut changed = 0;
        for keys in keys.chunks(KEYS_MAX) {
            // The list is padded with its last key to a power of two, so that few statements have to
            // be prepared.
            let length = keys.len().next_power_of_two();
            let last = &keys[keys.len() - 1];
            let filled = keys.iter().chain(std::iter::repeat(last)).take(length);
            let all: Vec<Value<'_>> = params.iter().chain(filled).cloned().collect();
            let sql = format!("{head} in ({})", repeated("?", ",", length));
            changed += self.exec(&sql, &all).await?;
        }
        Ok(changed)
    }

    /// Updates many rows, each with its own parameters, and returns how many matched the guard. Rows
    /// are locked in the given order.
    pub async fn change_each(
        &mut self,
        change: &RowChange<'_>,
        rows: &[&[Value<'_>]],
    ) -> Result<u64, DbError> {
        match self {
            Tx::Sqlite(_) => self.exec_rows(rows, |_| change.sql_for_one_row()).await,
            Tx::Mysql(_) => self.exec_rows(rows, |count| change.sql_for_many_rows(count)).await,
        }
    }

    /// Inserts rows of equal width: `head` is `insert into t (a, b)`.
    pub async fn insert_many(&mut self, head: &str, rows: &[&[Value<'_>]]) -> Result<(), DbError> {
        let row = format!("({})", repeated("?", ",", rows.first().map_or(0, |row| row.len())));
        self.exec_rows(rows, |count| format!("{head} values {}", repeated(&row, ",", count))).await.map(drop)
    }

    async fn exec_rows(
        &mut self,
        rows: &[&[Value<'_>]],
        sql: impl Fn(usize) -> String,
    ) -> Result<u64, DbError> {
        let mut changed = 0;
        for (sql, chunks) in statements(rows, self.rows_per_statement(), sql) {
            match self {
                Tx::Sqlite(tx) => changed += tx.exec_each(&sql, chunks)?,
                Tx::Mysql(tx) => {
                    for chunk in chunks {
                        changed += tx.exec_text(&sql, chunk).await?;
                    }
                }
            }
        }
        Ok(changed)
    }

    async fn select_rows<T: FromRow>(
        &mut self,
        keys: &[&[Value<'_>]],
        sql: impl Fn(usize) -> String,
    ) -> Result<Vec<T>, DbError> {
        let mut found = Vec::with_capacity(keys.len());
        for (sql, chunks) in statements(keys, self.rows_per_statement(), sql) {
            match self {
                Tx::Sqlite(tx) => tx.rows_each(without_lock(&sql), chunks, &mut found)?,
                Tx::Mysql(tx) => {
                    for chunk in chunks {
                        tx.rows_text(&sql, chunk, &mut found).await?;
                    }
                }
            }
        }
        Ok(found)
    }

    /// The error of a transaction whose reads are outdated. On a server the job runs again. SQLite has
    /// one writer, so there it means a bug or corrupt data.
    pub fn race_error(&mut self, what: impl Into<String>) -> DbError {
        match self {
            Tx::Sqlite(_) => DbError::Raced(what.into()),
            Tx::Mysql(tx) => tx.race_error(what.into()),
        }
    }

    /// Why the job must run again, if it must.
    pub(super) fn into_fault(self) -> Option<RetryCause> {
        match self {
            Tx::Sqlite(_) => None,
            Tx::Mysql(tx) => tx.into_fault(),
        }
    }

    /// Whether others write at the same time, and how often this job has run before.
    pub fn concurrent_writers(&self) -> ConcurrentWriters {
        match self {
            Tx::Sqlite(_) => ConcurrentWriters::None,
            Tx::Mysql(tx) => ConcurrentWriters::Some { tries: tx.tries() },
        }
    }

    /// The clock of the database server, in ms UTC; `None` for SQLite.
    pub async fn server_ms(&mut self) -> Result<Option<i64>, DbError> {
        match self {
            Tx::Sqlite(_) => Ok(None),
            Tx::Mysql(_) => {
                let sql = "select cast(unix_timestamp(now(3)) * 1000 as signed)";
                Ok(Some(self.required_row::<(i64,)>(sql, &[]).await?.0))
            }
        }
    }

    fn fatal_error(&self) -> Option<DbError> {
        match self {
            Tx::Sqlite(_) => None,
            Tx::Mysql(tx) => tx.fatal_error(),
        }
    }

    /// Runs `work` in a savepoint, so that a failure rolls back only its own changes.
    pub async fn nested<T, E>(
        &mut self,
        work: impl AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, SavepointError<E>> {
        self.exec("savepoint nested", &[]).await.map_err(SavepointError::Lost)?;
        let done = work(self).await;
        if let (Err(_), Some(error)) = (&done, self.fatal_error()) {
            return Err(SavepointError::Lost(error));
        }
        let end: &[&str] = match done {
            Ok(_) => &["release savepoint nested"],
            Err(_) => &["rollback to savepoint nested", "release savepoint nested"],
        };
        for sql in end {
            self.exec(sql, &[]).await.map_err(SavepointError::Lost)?;
        }
        done.map_err(SavepointError::Undone)
    }
}

impl RowChange<'_> {
    /// For SQLite: one row per statement, numbered parameters.
    fn sql_for_one_row(&self) -> String {
        let RowChange { table, set, guard, .. } = self;
        self.replace_names(&format!("update {table} set {set} where {guard}"), |nth, _| {
            format!("?{}", nth + 1)
        })
    }

    /// For a server: one statement that joins all rows to the table in their order.
    fn sql_for_many_rows(&self, count: usize) -> String {
        let RowChange { table, given, set, guard } = self;
        let first: Vec<String> = given.iter().map(|name| format!("? as given_{name}")).collect();
        let more = format!(" union all select {}", repeated("?", ",", given.len()));
        let rows = format!("select {}{}", first.join(","), more.repeat(count - 1));
        let sql = format!("update ({rows}) g straight_join {table} on {guard} set {set}");
        self.replace_names(&sql, |_, name| format!("g.given_{name}"))
    }

    /// Replaces the names in `sql`, long ones first, since one name may be a prefix of another.
    fn replace_names(&self, sql: &str, put: impl Fn(usize, &str) -> String) -> String {
        let mut names: Vec<(usize, &str)> = self.given.iter().copied().enumerate().collect();
        names.sort_by_key(|(_, name)| std::cmp::Reverse(name.len()));
        names
            .into_iter()
            .fold(sql.to_owned(), |sql, (nth, name)| sql.replace(&format!(":{name}"), &put(nth, name)))
    }
}

/// The statement without `for update`.
fn without_lock(sql: &str) -> &str {
    sql.strip_suffix(" for update").unwrap_or(sql)
}

/// The parameters of many rows in chunks of one statement each.
type Chunks<'r, 'v> = std::slice::Chunks<'r, &'r [Value<'v>]>;

/// Splits `rows` into chunks of `most` and a rest: at most two SQL texts.
fn statements<'r, 'v>(
    rows: &'r [&'r [Value<'v>]],
    most: usize,
    sql: impl Fn(usize) -> String,
) -> impl Iterator<Item = (String, Chunks<'r, 'v>)> {
    let (whole, rest) = rows.split_at(rows.len() - rows.len() % most);
    let kinds = [(most, whole), (rest.len(), rest)].into_iter().filter(|(_, rows)| !rows.is_empty());
    kinds.map(move |(count, rows)| (sql(count), rows.chunks(count)))
}

fn repeated(part: &str, between: &str, count: usize) -> String {
    vec![part; count].join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_guarded_change_reads_the_same_on_both_engines() {
        let change = RowChange {
            table: "tb_sku",
            given: &["id", "sold"],
            set: "num = num - :sold",
            guard: "id = :id and num >= :sold",
        };
        assert_eq!(change.sql_for_one_row(), "update tb_sku set num = num - ?2 where id = ?1 and num >= ?2");
        assert_eq!(
            change.sql_for_many_rows(2),
            "update (select ? as given_id,? as given_sold union all select ?,?) g straight_join tb_sku \
             on id = g.given_id and num >= g.given_sold set num = num - g.given_sold"
        );
    }
}
