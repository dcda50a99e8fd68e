//! A connection of nobody's to the database of a program that runs: it looks
//! on, and keeps transactions of the program from coming to their end.

use std::time::Duration;

use changgou::infra::db::{Db, DbError, FromRow, OpenMode, Tx};
use changgou::infra::settings::Settings;

use crate::support::rabbitmq::until;
use crate::support::servers;
use crate::support::table_lock::{Held, hold};

/// Who does not get at the database for so long finds it held.
const STUCK: Duration = Duration::from_millis(250);

/// What a transaction of the program on SQLite never comes to the end of.
const FOR_EVER: &str = "create view for_ever as with recursive t (n) as (select 1 union all select n + 1 from t) select n from t";

pub struct Outside {
    db: Db,
}

/// Where transactions of the program stop until this ends.
pub struct Halt<'o> {
    outside: &'o Outside,
    how: How,
}

enum How {
    /// The rows are locked, and on SQLite the whole database.
    Held(Held),
    /// Whoever writes one of these tables is never done with it.
    Spun(&'static [&'static str]),
}

impl Outside {
    pub async fn at(settings: &Settings) -> Outside {
        let (url, pool) = (settings.database_url.clone(), settings.pool);
        let opened = tokio::task::spawn_blocking(move || Db::open(&url, OpenMode::Existing, pool)).await;
        Outside { db: opened.unwrap().expect("the database is there") }
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

    /// Waits until a `select` gives that number, and no longer.
    pub async fn sees(&self, sql: &str, count: i64) {
        let begun = tokio::time::Instant::now();
        while self.count(sql).await != count {
            assert!(begun.elapsed() < Duration::from_secs(40), "{sql} does not come to {count}");
        }
    }

    /// Keeps transactions that write these tables from beginning.
    pub async fn keeps_from(&self, tables: &'static [&'static str]) -> Halt<'_> {
        Halt { outside: self, how: How::Held(hold(&self.db, tables).await) }
    }

    /// Stops transactions that write these tables in their middle.
    pub async fn halts(&self, tables: &'static [&'static str]) -> Halt<'_> {
        if servers::mysql().is_some() {
            return self.keeps_from(tables).await;
        }
        let deeds = tables.iter().flat_map(|table| ["insert", "update"].map(|deed| (*table, deed)));
        let trigger = |(table, deed)| {
            format!(
                "create trigger halt_{table}_{deed} before {deed} on {table} \
                 begin select count(*) from for_ever; end"
            )
        };
        self.does([FOR_EVER.to_owned()].into_iter().chain(deeds.map(trigger)).collect()).await;
        Halt { outside: self, how: How::Spun(tables) }
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

    /// Whether a statement of the program has waited for a second: for a row that is held.
    async fn somebody_waits(&self) -> bool {
        let sql = "select count(*) from information_schema.processlist \
                   where db = database() and command in ('Query', 'Execute') and id <> connection_id() and time >= 1";
        self.count(sql).await > 0
    }

    /// Whether a transaction keeps everybody from writing.
    async fn is_taken(&self) -> bool {
        let writes = self.db.write(async move |_| Ok::<_, DbError>(()));
        tokio::time::timeout(STUCK, writes).await.is_err()
    }
}

impl Halt<'_> {
    /// Waits until a transaction of the program stands there.
    pub async fn is_reached(&self) {
        match &self.how {
            // Who waits for the only writer cannot be seen; it does not take long to come.
            How::Held(_) if servers::mysql().is_none() => tokio::time::sleep(STUCK).await,
            How::Held(_) => until("a lock is waited for", || self.outside.somebody_waits()).await,
            How::Spun(_) => until("a transaction is held up", || self.outside.is_taken()).await,
        }
    }

    pub async fn ends(self) {
        match self.how {
            How::Held(held) => held.let_go().await,
            How::Spun(tables) => {
                let deeds = tables.iter().flat_map(|table| ["insert", "update"].map(|deed| (*table, deed)));
                let gone = deeds.map(|(table, deed)| format!("drop trigger halt_{table}_{deed}"));
                self.outside.does(gone.chain(["drop view for_ever".to_owned()]).collect()).await;
            }
        }
    }
}
