//! A transaction: what nouns are given to read and write with.

use crate::infra::db::mysql::retry::RetryCause;
use crate::infra::db::{DbError, FromRow, Value, mysql, sqlite};

/// A transaction of some engine. Dropping it never commits: `db` does.
pub enum Tx<'c> {
    /// Embedded SQLite; every call is done when it returns.
    Sqlite(sqlite::SqliteTx<'c>),
    /// A server of the MySQL family; every call is a round trip.
    Mysql(mysql::MysqlTx<'c>),
}

/// Rows a statement to a server carries: many share its round trip, and the
/// text stays far below the least `max_allowed_packet`.
const WIDE: usize = 500;

/// A guarded change of many rows, each by parameters of its own. `:name` stands
/// for the parameter of that name.
#[derive(Clone, Copy, Debug)]
pub struct RowChange<'a> {
    /// The table.
    pub table: &'a str,
    /// The names of the parameters each row gives, in order.
    pub given: &'a [&'a str],
    /// What is set, such as `num = num - :sold`.
    pub set: &'a str,
    /// Which row it is and what must hold for it, such as `id = :id and num >= :sold`.
    pub guard: &'a str,
}

/// Keys that [`Tx::exec_in`] names in one statement at most.
const KEYS_MAX: usize = 256;

/// Who else writes while a transaction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConcurrentWriters {
    /// Nobody: there is one writer.
    None,
    /// Other connections, of this node and of others.
    Some {
        /// How often this work ran before.
        tries: u32,
    },
}

/// How a nested piece of work ended when it did not end well.
#[derive(Debug)]
pub enum SavepointError<E> {
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
            Tx::Mysql(_) => WIDE,
        }
    }

    /// Runs a statement and tells how many rows it found to change.
    pub async fn exec(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, DbError> {
        match self {
            Tx::Sqlite(tx) => tx.exec(sql, params),
            Tx::Mysql(tx) => tx.exec(sql, params).await,
        }
    }

    /// All rows of a `select`. One that ends in `for update` locks what it
    /// finds; SQLite, whose writer is alone, need not.
    pub async fn rows<T: FromRow>(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Vec<T>, DbError> {
        match self {
            Tx::Sqlite(tx) => tx.rows(unlocked(sql), params),
            Tx::Mysql(tx) => tx.rows(sql, params).await,
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
    /// true, as [`Tx::rows_any`] reads them; how many rows it found.
    pub async fn exec_any(
        &mut self,
        head: &str,
        clause: &str,
        keys: &[&[Value<'_>]],
    ) -> Result<u64, DbError> {
        let clause = format!("({clause})");
        self.exec_wide(keys, |count| format!("{head} {}", repeated(&clause, " or ", count))).await
    }

    /// Runs a statement for the rows whose key is one of `keys`, and tells how
    /// many it changed: `head` has its own parameters and ends in the key's
    /// column, which is followed by `in (…)`.
    pub async fn exec_in(
        &mut self,
        head: &str,
        params: &[Value<'_>],
        keys: &[Value<'_>],
    ) -> Result<u64, DbError> {
        let mut changed = 0;
        for keys in keys.chunks(KEYS_MAX) {
            // A list is filled up with its last key to one of few lengths, so that few texts stay prepared.
            let length = keys.len().next_power_of_two();
            let last = &keys[keys.len() - 1];
            let filled = keys.iter().chain(std::iter::repeat(last)).take(length);
            let all: Vec<Value<'_>> = params.iter().chain(filled).cloned().collect();
            let sql = format!("{head} in ({})", repeated("?", ",", length));
            changed += self.exec(&sql, &all).await?;
        }
        Ok(changed)
    }

    /// Changes many rows, each by its own parameters; how many were found and
    /// fit the guard. Give rows in the order in which they are to be locked.
    pub async fn change_each(
        &mut self,
        change: &RowChange<'_>,
        rows: &[&[Value<'_>]],
    ) -> Result<u64, DbError> {
        match self {
            Tx::Sqlite(_) => self.exec_wide(rows, |_| change.numbered()).await,
            Tx::Mysql(_) => self.exec_wide(rows, |count| change.joined(count)).await,
        }
    }

    /// Inserts many rows of equal width: `head` is `insert into t (a, b)`.
    pub async fn insert_many(&mut self, head: &str, rows: &[&[Value<'_>]]) -> Result<(), DbError> {
        let row = format!("({})", repeated("?", ",", rows.first().map_or(0, |row| row.len())));
        self.exec_wide(rows, |count| format!("{head} values {}", repeated(&row, ",", count))).await.map(drop)
    }

    async fn exec_wide(
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
                        changed += tx.exec_wide(&sql, chunk).await?;
                    }
                }
            }
        }
        Ok(changed)
    }

    async fn rows_of<T: FromRow>(
        &mut self,
        keys: &[&[Value<'_>]],
        sql: impl Fn(usize) -> String,
    ) -> Result<Vec<T>, DbError> {
        let mut found = Vec::with_capacity(keys.len());
        for (sql, chunks) in statements(keys, self.rows_per_statement(), sql) {
            match self {
                Tx::Sqlite(tx) => tx.rows_each(unlocked(&sql), chunks, &mut found)?,
                Tx::Mysql(tx) => {
                    for chunk in chunks {
                        tx.rows_wide(&sql, chunk, &mut found).await?;
                    }
                }
            }
        }
        Ok(found)
    }

    /// The error of a transaction that was overtaken: what it read holds no
    /// more. On a server it runs again; SQLite's writer has no rivals, so there
    /// it is a fault of the program or of the data.
    pub fn raced(&mut self, what: impl Into<String>) -> DbError {
        match self {
            Tx::Sqlite(_) => DbError::Raced(what.into()),
            Tx::Mysql(tx) => tx.raced(what.into()),
        }
    }

    /// Why the work must run again, if it must.
    pub(super) fn into_fault(self) -> Option<RetryCause> {
        match self {
            Tx::Sqlite(_) => None,
            Tx::Mysql(tx) => tx.into_fault(),
        }
    }

    /// Whether somebody else may overtake this transaction, and how often this
    /// very work was overtaken already.
    pub fn rivals(&self) -> ConcurrentWriters {
        match self {
            Tx::Sqlite(_) => ConcurrentWriters::None,
            Tx::Mysql(tx) => ConcurrentWriters::Some { tries: tx.tries() },
        }
    }

    /// The clock of a database server, in ms UTC; an embedded engine has none.
    pub async fn server_ms(&mut self) -> Result<Option<i64>, DbError> {
        match self {
            Tx::Sqlite(_) => Ok(None),
            Tx::Mysql(_) => {
                let sql = "select cast(unix_timestamp(now(3)) * 1000 as signed)";
                Ok(Some(self.one::<(i64,)>(sql, &[]).await?.0))
            }
        }
    }

    fn doomed(&self) -> Option<DbError> {
        match self {
            Tx::Sqlite(_) => None,
            Tx::Mysql(tx) => tx.doomed(),
        }
    }

    /// Runs `work` so that its failure undoes only itself.
    pub async fn nested<T, E>(
        &mut self,
        work: impl AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, SavepointError<E>> {
        self.exec("savepoint nested", &[]).await.map_err(SavepointError::Lost)?;
        let done = work(self).await;
        if let (Err(_), Some(doomed)) = (&done, self.doomed()) {
            return Err(SavepointError::Lost(doomed));
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
    /// For SQLite: one row a statement, the parameters by number.
    fn numbered(&self) -> String {
        let RowChange { table, set, guard, .. } = self;
        self.with(&format!("update {table} set {set} where {guard}"), |nth, _| format!("?{}", nth + 1))
    }

    /// For a server: all rows in one statement, joined to the table in their order.
    fn joined(&self, count: usize) -> String {
        let RowChange { table, given, set, guard } = self;
        let first: Vec<String> = given.iter().map(|name| format!("? as given_{name}")).collect();
        let more = format!(" union all select {}", repeated("?", ",", given.len()));
        let rows = format!("select {}{}", first.join(","), more.repeat(count - 1));
        let sql = format!("update ({rows}) g straight_join {table} on {guard} set {set}");
        self.with(&sql, |_, name| format!("g.given_{name}"))
    }

    /// `sql` with its names replaced, long ones first lest one is the beginning of another.
    fn with(&self, sql: &str, put: impl Fn(usize, &str) -> String) -> String {
        let mut names: Vec<(usize, &str)> = self.given.iter().copied().enumerate().collect();
        names.sort_by_key(|(_, name)| std::cmp::Reverse(name.len()));
        names
            .into_iter()
            .fold(sql.to_owned(), |sql, (nth, name)| sql.replace(&format!(":{name}"), &put(nth, name)))
    }
}

/// The statement without the lock it asks for.
fn unlocked(sql: &str) -> &str {
    sql.strip_suffix(" for update").unwrap_or(sql)
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
        assert_eq!(change.numbered(), "update tb_sku set num = num - ?2 where id = ?1 and num >= ?2");
        assert_eq!(
            change.joined(2),
            "update (select ? as given_id,? as given_sold union all select ?,?) g straight_join tb_sku \
             on id = g.given_id and num >= g.given_sold set num = num - g.given_sold"
        );
    }
}
