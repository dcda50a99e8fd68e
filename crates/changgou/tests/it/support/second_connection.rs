//! A second connection to the database of a running program: it reads, and blocks transactions of the program.

use std::time::Duration;

use changgou::infra::db::{Db, DbError, FromRow, OpenMode, Tx};
use changgou::infra::settings::Settings;

use crate::support::servers;
use crate::support::table_lock::{TableLock, lock_tables};
use crate::support::wait::until;

/// A writer that waits longer than this is blocked.
const STUCK: Duration = Duration::from_millis(250);

/// A view that never ends: a trigger reads it to block a transaction of the program on SQLite.
const FOR_EVER: &str = "create view for_ever as with recursive t (n) as (select 1 union all select n + 1 from t) select n from t";

pub struct SecondConnection {
    db: Db,
}

/// Transactions of the program are blocked until this ends.
pub struct BlockedWrites<'o> {
    database: &'o SecondConnection,
    how: How,
}

enum How {
    /// The rows are locked, and on SQLite the whole database.
    Locked(TableLock),
    /// A trigger on each of these tables never ends.
    Spun(&'static [&'static str]),
}

impl SecondConnection {
    pub async fn at(settings: &Settings) -> SecondConnection {
        let (url, pool) = (settings.database_url.clone(), settings.pool);
        let opened = tokio::task::spawn_blocking(move || Db::open(&url, OpenMode::Existing, pool)).await;
        SecondConnection { db: opened.unwrap().expect("the database is there") }
    }

    pub async fn leaves(self) {
        tokio::task::spawn_blocking(move || self.db.close()).await.unwrap();
    }

    pub async fn rows<T: FromRow + Send + 'static>(&self, sql: &str) -> Vec<T> {
        let sql = sql.to_owned();
        let read = self.db.read::<Vec<T>, DbError, _>(async move |tx| tx.rows(&sql, &[]).await);
        read.await.expect("the statement reads")
    }

    /// The number that a `select` gives.
    pub async fn count(&self, sql: &str) -> i64 {
        self.rows::<(i64,)>(sql).await[0].0
    }

    /// Waits until a `select` gives that number.
    pub async fn sees(&self, sql: &str, count: i64) {
        let begun = tokio::time::Instant::now();
        while self.count(sql).await != count {
            assert!(begun.elapsed() < Duration::from_secs(40), "{sql} does not come to {count}");
        }
    }

    /// Blocks transactions that write these tables before they begin.
    pub async fn blocks_before(&self, tables: &'static [&'static str]) -> BlockedWrites<'_> {
        BlockedWrites { database: self, how: How::Locked(lock_tables(&self.db, tables).await) }
    }

    /// Blocks transactions that write these tables in their middle.
    pub async fn blocks_inside(&self, tables: &'static [&'static str]) -> BlockedWrites<'_> {
        if servers::mysql().is_some() {
            return self.blocks_before(tables).await;
        }
        let verbs = tables.iter().flat_map(|table| ["insert", "update"].map(|verb| (*table, verb)));
        let trigger = |(table, verb)| {
            format!(
                "create trigger halt_{table}_{verb} before {verb} on {table} \
                 begin select count(*) from for_ever; end"
            )
        };
        self.does([FOR_EVER.to_owned()].into_iter().chain(verbs.map(trigger)).collect()).await;
        BlockedWrites { database: self, how: How::Spun(tables) }
    }

    async fn does(&self, statements: Vec<String>) {
        let all = async move |tx: &mut Tx<'_>| {
            for sql in &statements {
                tx.exec(sql, &[]).await?;
            }
            Ok::<_, DbError>(())
        };
        self.db.write(all).await.expect("the statements run");
    }

    /// Whether a statement of the program has waited for a lock for a second.
    async fn somebody_waits(&self) -> bool {
        let sql = "select count(*) from information_schema.processlist \
                   where db = database() and command in ('Query', 'Execute') and id <> connection_id() and time >= 1";
        self.count(sql).await > 0
    }

    /// Whether a transaction blocks all writers.
    async fn is_taken(&self) -> bool {
        let writes = self.db.write(async move |_| Ok::<_, DbError>(()));
        tokio::time::timeout(STUCK, writes).await.is_err()
    }
}

impl BlockedWrites<'_> {
    /// Waits until a transaction of the program is blocked.
    pub async fn is_reached(&self) {
        match &self.how {
            // SQLite does not show who waits for the writer; it is soon.
            How::Locked(_) if servers::mysql().is_none() => tokio::time::sleep(STUCK).await,
            How::Locked(_) => until("a lock is waited for", || self.database.somebody_waits()).await,
            How::Spun(_) => until("a transaction is held up", || self.database.is_taken()).await,
        }
    }

    pub async fn ends(self) {
        match self.how {
            How::Locked(held) => held.release().await,
            How::Spun(tables) => {
                let verbs = tables.iter().flat_map(|table| ["insert", "update"].map(|verb| (*table, verb)));
                let gone = verbs.map(|(table, verb)| format!("drop trigger halt_{table}_{verb}"));
                self.database.does(gone.chain(["drop view for_ever".to_owned()]).collect()).await;
            }
        }
    }
}
