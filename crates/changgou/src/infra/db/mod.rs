//! The database: one SQL text for every engine, behind [`Db`] and [`Tx`].
//!
//! Writes queue in memory and share transactions: one writer takes all that
//! wait, runs each in a savepoint, commits once and answers afterwards, so an
//! answered write is durable. Reads run in snapshots on threads of their own.
//! Work is handed over, never run in the caller's own future: a shopper who
//! closes the tab cannot leave half a transaction.
//!
//! The portable dialect: `?` marks, ids made by us, money in fen and our own
//! times in integer milliseconds, no `returning`, no `on conflict`.

mod job;
mod migrate;
mod mysql;
mod row;
mod sqlite;
mod threads;
mod tx;
mod value;

use std::any::Any;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;

pub use migrate::{Migration, pending};
pub use mysql::Pool;
pub use mysql::adopt::{Adoption, AdoptionProgress, PlannedStep};
pub use row::{Decode, FromRow, Row};
pub use tx::{ConcurrentWriters, RowChange, SavepointError, Tx};
pub use value::Value;
pub(crate) use value::params;

use crate::domain::clock::UtcMs;
use job::{ClosureJob, Job};

/// What went wrong below the shop's own rules.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DbError {
    /// More work waits than the queue takes. Nothing was done; ask again.
    #[error("the database queue is full")]
    Busy,
    /// The database is shutting down or its thread is gone. Nothing was done.
    #[error("the database is closed")]
    Closed,
    /// A unique key exists already.
    #[error("a unique key exists already: {0}")]
    Unique(String),
    /// A row that must be there is not.
    #[error("no row where one must be")]
    NoRow,
    /// A column does not hold what it must.
    #[error("column {column}: {problem}")]
    Decode {
        /// Counted from 0.
        column: usize,
        /// What it holds instead.
        problem: String,
    },
    /// The work itself broke off; it was undone.
    #[error("the work broke off: {0}")]
    Panicked(String),
    /// The schema is not one this program can use.
    #[error("{0}")]
    Schema(String),
    /// Somebody else changed what this read. Nothing was done.
    #[error("overtaken: {0}")]
    Raced(String),
    /// The server is away. Nothing was done; it is looked for again.
    #[error("{0}")]
    Unreachable(String),
    /// The server went away while it committed: the change was made whole, or not at all.
    #[error("nobody knows whether this was done: {0}")]
    Unsure(String),
    /// The engine's own words.
    #[error("database: {0}")]
    Engine(String),
}

impl DbError {
    /// The error of work that broke off, in the words of its panic.
    pub fn from_panic(panic: &(dyn Any + Send)) -> DbError {
        let text = panic.downcast_ref::<&str>().map(ToString::to_string);
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        DbError::Panicked(text.unwrap_or_else(|| "panic".to_owned()))
    }
}

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

/// Whether the database may be written through a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// Create it if it is not there, and bring its schema up to date.
    Migrate,
    /// It must be there and up to date.
    Existing,
    /// The same as `Migrate`, for what ends the adoption of a database of the Java shop.
    Adopting,
}

impl Db {
    /// Opens the database `url` names, such as `sqlite://data/changgou.db` or
    /// `mysql://user:password@host/changgou`. Blocks until it can be used.
    pub fn open(url: &str, open: OpenMode, pool: Pool) -> Result<Db, DbError> {
        let engine = match url.split_once("://") {
            Some(("sqlite", path)) => Engine::Sqlite(sqlite::open(path.as_ref(), open)?),
            Some(("mysql", _)) => Engine::Mysql(mysql::open(url, open, pool)?),
            Some(_) | None => return Err(not_understood(url)),
        };
        Ok(Db { engine: Arc::new(engine), fence: Arc::default() })
    }

    /// What [`Db::adopt`] would do to a database, without doing it.
    pub async fn plan_adoption(url: &str, adoption: &Adoption) -> Result<Vec<PlannedStep>, DbError> {
        if url.starts_with("mysql://") { mysql::adopt::plan(url, adoption).await } else { Ok(Vec::new()) }
    }

    /// Makes a database of the Java shop one of this program's, in place, and
    /// goes on where an earlier run was cut off; whether there was anything to
    /// do. `tell` hears of each step and may end it between two. Until
    /// [`Db::finish_adoption`] only [`OpenMode::Adopting`] opens the database.
    pub async fn adopt(
        url: &str,
        adoption: &Adoption,
        tell: &mut (dyn FnMut(AdoptionProgress<'_>) -> ControlFlow<()> + Send),
    ) -> Result<bool, DbError> {
        if url.starts_with("mysql://") { mysql::adopt::adopt(url, adoption, tell).await } else { Ok(false) }
    }

    /// Says that the adoption is over, if one was going on.
    pub async fn finish_adoption(&self, now: UtcMs) -> Result<(), DbError> {
        self.write(async move |tx| match tx {
            Tx::Sqlite(_) => Ok(()),
            Tx::Mysql(_) => mysql::adopt::finish(tx, now).await,
        })
        .await
    }

    /// Runs `work` in a write transaction it may share with others.
    ///
    /// An `Err` undoes what `work` did and nothing else. `Ok` comes back only
    /// after the commit. `work` may be run again after a lost race, so it must
    /// not have effects outside the transaction.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        if !self.takes_writes() {
            return Err(E::from(DbError::Unreachable("this node may not write now".to_owned())));
        }
        self.write_through_fence(work).await
    }

    /// The same as [`Db::write`], also behind the fence: for what makes the
    /// process again who it was.
    pub async fn write_through_fence<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.hand_over(work, Engine::write).await
    }

    /// Whether the fence is not reached.
    pub fn takes_writes(&self) -> bool {
        let fence = *self.fence.lock().unwrap_or_else(PoisonError::into_inner);
        fence.is_none_or(|at| Instant::now() < at)
    }

    /// Whether processes that write wait for each other, each until nobody
    /// else writes: then a long piece of work must leave gaps.
    pub fn writes_in_turns(&self) -> bool {
        match &*self.engine {
            Engine::Sqlite(_) => true,
            Engine::Mysql(_) => false,
        }
    }

    /// From this moment on no write is taken, on all clones of this handle,
    /// unless the fence is moved again before.
    pub fn fence(&self, at: Instant) {
        *self.fence.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    /// Runs `work` on a snapshot that cannot be written.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.hand_over(work, Engine::read).await
    }

    /// Gives work to the threads that may do it, and waits for its answer.
    async fn hand_over<T, E, F>(
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

    /// Whether transactions that write run side by side.
    pub fn has_rivals(&self) -> bool {
        match &*self.engine {
            Engine::Sqlite(_) => false,
            Engine::Mysql(_) => true,
        }
    }

    /// Finishes the work that was accepted and closes the files. Blocks.
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

/// Only the kind of the URL is repeated: there may be a password in it.
fn not_understood(url: &str) -> DbError {
    let kind = url.split_once("://").map_or("without a kind", |(kind, _)| kind);
    DbError::Schema(format!(
        "a database URL ({kind}) is not understood; write sqlite://PATH, such as sqlite://data/changgou.db, \
         or mysql://USER:PASSWORD@HOST:3306/DATABASE"
    ))
}
