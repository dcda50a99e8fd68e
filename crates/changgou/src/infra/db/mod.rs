//! The database: one SQL dialect for all engines, behind [`Db`] and [`Tx`].
//!
//! Writes queue in memory and share transactions: a writer takes all waiting jobs, runs each in a
//! savepoint, commits once and answers afterwards, so an answered write is durable. Reads run in
//! snapshots on their own threads. Work never runs in the caller's future: a client that disconnects
//! cannot interrupt a transaction.
//!
//! The portable dialect: `?` placeholders, ids made by the program, money in fen, our own times in
//! integer milliseconds, no `returning`, no `on conflict`.

mod error;
mod job;
mod migrate;
mod mysql;
mod open_mode;
mod row;
mod schema;
mod sqlite;
mod threads;
mod tx;
mod value;

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;

pub use error::DbError;
pub use migrate::pending;
pub use mysql::Pool;
pub use mysql::adopt::{Adoption, AdoptionProgress, PlannedStep};
pub use open_mode::OpenMode;
pub(crate) use row::from_row;
pub use row::{Decode, FromRow, Row};
pub use schema::Migration;
pub use tx::{ConcurrentWriters, RowChange, SavepointError, Tx};
pub use value::Value;
pub(crate) use value::params;

use crate::domain::clock::UtcMs;
use job::{ClosureJob, Job};

/// A handle on the database. Clones share it.
#[derive(Clone)]
pub struct Db {
    engine: Arc<Engine>,
    fence: Arc<Mutex<Option<Instant>>>,
}

enum Engine {
    Sqlite(sqlite::SqliteThreads),
    Mysql(mysql::MysqlThreads),
}

impl Db {
    /// Opens a URL such as `sqlite://data/changgou.db` or `mysql://user:password@host/changgou`. Blocks
    /// until the database can be used.
    pub fn open(url: &str, open: OpenMode, pool: Pool) -> Result<Db, DbError> {
        let engine = match url.split_once("://") {
            Some(("sqlite", path)) => Engine::Sqlite(sqlite::open(path.as_ref(), open)?),
            Some(("mysql", _)) => Engine::Mysql(mysql::open(url, open, pool)?),
            Some(_) | None => return Err(unsupported_url(url)),
        };
        Ok(Db { engine: Arc::new(engine), fence: Arc::default() })
    }

    /// The steps that [`Db::adopt`] would run.
    pub async fn plan_adoption(url: &str, adoption: &Adoption) -> Result<Vec<PlannedStep>, DbError> {
        if url.starts_with("mysql://") { mysql::adopt::plan(url, adoption).await } else { Ok(Vec::new()) }
    }

    /// Converts a database of the Java shop in place, continuing after an interrupted run; `false` if
    /// there was nothing to do. `tell` is called for each step and may stop between two. Until
    /// [`Db::finish_adoption`] only [`OpenMode::Adopting`] opens the database.
    pub async fn adopt(
        url: &str,
        adoption: &Adoption,
        tell: &mut (dyn FnMut(AdoptionProgress<'_>) -> ControlFlow<()> + Send),
    ) -> Result<bool, DbError> {
        if url.starts_with("mysql://") { mysql::adopt::adopt(url, adoption, tell).await } else { Ok(false) }
    }

    /// Ends the adoption, if one was running.
    pub async fn finish_adoption(&self, now: UtcMs) -> Result<(), DbError> {
        self.write(async move |tx| match tx {
            Tx::Sqlite(_) => Ok(()),
            Tx::Mysql(_) => mysql::adopt::finish(tx, now).await,
        })
        .await
    }

    /// Runs `work` in a write transaction that it may share with other jobs.
    ///
    /// `Err` rolls back the changes of `work` and nothing else. `Ok` is returned after the commit.
    /// `work` may run again after a conflict, so it must not have effects outside the transaction.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        if !self.accepts_writes() {
            return Err(E::from(DbError::Unreachable("this node must not write now".to_owned())));
        }
        self.write_through_fence(work).await
    }

    /// Like [`Db::write`], also after the fence: for renewing the worker number.
    pub async fn write_through_fence<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.run_on_threads(work, Engine::write).await
    }

    /// Whether the fence is still in the future.
    pub fn accepts_writes(&self) -> bool {
        let fence = *self.fence.lock().unwrap_or_else(PoisonError::into_inner);
        fence.is_none_or(|at| Instant::now() < at)
    }

    /// Whether writing processes exclude each other, so that long work must leave gaps for the others.
    pub fn has_single_writer(&self) -> bool {
        match &*self.engine {
            Engine::Sqlite(_) => true,
            Engine::Mysql(_) => false,
        }
    }

    /// From `at` on all clones of this handle refuse writes, unless the fence is moved before.
    pub fn fence(&self, at: Instant) {
        *self.fence.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    /// Runs `work` on a read-only snapshot.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.run_on_threads(work, Engine::read).await
    }

    /// Passes work to the threads and waits for the answer.
    async fn run_on_threads<T, E, F>(
        &self,
        work: F,
        to: fn(&Engine, Box<dyn Job>) -> Result<(), DbError>,
    ) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        to(&self.engine, Box::new(ClosureJob::new(work, answer)))?;
        answered.await.unwrap_or_else(|_| Err(E::from(DbError::Closed)))
    }

    /// Whether write transactions run concurrently.
    pub fn has_concurrent_writers(&self) -> bool {
        match &*self.engine {
            Engine::Sqlite(_) => false,
            Engine::Mysql(_) => true,
        }
    }

    /// Finishes accepted work and closes the database. Blocks.
    pub fn close(&self) {
        match &*self.engine {
            Engine::Sqlite(threads) => threads.close(),
            Engine::Mysql(threads) => threads.close(),
        }
    }
}

impl Engine {
    fn write(&self, job: Box<dyn Job>) -> Result<(), DbError> {
        match self {
            Engine::Sqlite(threads) => threads.send_write(job),
            Engine::Mysql(threads) => threads.send_write(job),
        }
    }

    fn read(&self, job: Box<dyn Job>) -> Result<(), DbError> {
        match self {
            Engine::Sqlite(threads) => threads.send_read(job),
            Engine::Mysql(threads) => threads.send_read(job),
        }
    }
}

/// The message repeats only the scheme, since the URL may contain a password.
fn unsupported_url(url: &str) -> DbError {
    let scheme = url.split_once("://").map_or("without a scheme", |(scheme, _)| scheme);
    DbError::Schema(format!(
        "the database URL ({scheme}) is not supported; write sqlite://PATH, such as sqlite://data/changgou.db, \
         or mysql://USER:PASSWORD@HOST:3306/DATABASE"
    ))
}
