//! SQLite, called inline on threads of its own: one that writes, some that read.

mod checkpointer;
mod reader;
mod statement;
mod writer;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

pub use statement::SqliteTx;
pub(super) use statement::cell;

use crate::infra::db::job::{Job, ready};
use crate::infra::db::threads::RunningThreads;
use crate::infra::db::{DbError, OpenMode, migrate};

/// Reader threads: enough to keep two cores busy beside the writer.
const READERS: usize = 2;

/// Prepared statements each connection keeps; the program has fewer.
const STATEMENTS_KEPT: usize = 256;

/// Pages of the write-ahead log after which the writer itself folds what is
/// left of it into the file, so that it begins anew: 128 MiB.
const WAL_PAGES: i64 = 32_768;

/// The running threads and the queues that feed them.
pub(in crate::infra::db) struct SqliteThreads {
    queues: Mutex<Option<Queues>>,
    running: RunningThreads,
}

/// The way to a thread.
type Send = SyncSender<Box<dyn Job>>;

struct Queues {
    write: Send,
    read: Send,
    /// Held for as long as the others.
    _folding: checkpointer::Checkpointer,
}

/// Opens the file and starts its threads.
pub(in crate::infra::db) fn open(path: &Path, open: OpenMode) -> Result<SqliteThreads, DbError> {
    let mut writer = connect(path, open)?;
    ready(migrate::bring_up(&mut SqliteTx::new(&writer).into(), open))?;
    writer.set_transaction_behavior(rusqlite::TransactionBehavior::Immediate);
    let readers = (0..READERS).map(|_| connect_to_read(path)).collect::<Result<Vec<_>, _>>()?;
    let (write, write_thread) = writer::start(writer)?;
    let (read, mut running) = reader::start(readers)?;
    let (folding, fold_thread) = checkpointer::start(connect_to_fold(path)?)?;
    // The writer is waited for last: it leaves one tidy file behind.
    running.extend([fold_thread, write_thread]);
    let queues = Queues { write, read, _folding: folding };
    Ok(SqliteThreads { queues: Mutex::new(Some(queues)), running: RunningThreads::new(running) })
}

fn connect(path: &Path, open: OpenMode) -> Result<Connection, DbError> {
    match open {
        OpenMode::Migrate | OpenMode::Adopting => make_folder(path)?,
        OpenMode::Existing if !path.exists() => {
            let missing = format!("there is no database at {}; `changgou migrate` makes one", path.display());
            return Err(DbError::Schema(missing));
        }
        OpenMode::Existing => {}
    }
    let connection = Connection::open(path).map_err(|error| cannot_open(path, &error))?;
    prepare(&connection)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    Ok(connection)
}

fn connect_to_read(path: &Path) -> Result<Connection, DbError> {
    let connection = Connection::open(path).map_err(|error| cannot_open(path, &error))?;
    prepare(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn connect_to_fold(path: &Path) -> Result<Connection, DbError> {
    let connection = Connection::open(path).map_err(|error| cannot_open(path, &error))?;
    prepare(&connection)?;
    connection.pragma_update(None, "synchronous", "full")?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> Result<(), DbError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    // A statement stays as it was prepared: without this, those with a `limit ?` are planned anew for each value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    // What a savepoint may need back is kept in memory: it would be a file made and removed for every commit.
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(())
}

/// A folder we make is its owner's alone: the file holds password hashes and addresses.
fn make_folder(path: &Path) -> Result<(), DbError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    let failed = |error| DbError::Schema(format!("cannot make the folder {}: {error}", folder.display()));
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)
}

fn cannot_open(path: &Path, error: &rusqlite::Error) -> DbError {
    DbError::Schema(format!("cannot open the database at {}: {error}", path.display()))
}

impl SqliteThreads {
    pub(in crate::infra::db) fn send_write(&self, job: Box<dyn Job>) -> Result<(), DbError> {
        self.send(job, |queues| &queues.write)
    }

    pub(in crate::infra::db) fn send_read(&self, job: Box<dyn Job>) -> Result<(), DbError> {
        self.send(job, |queues| &queues.read)
    }

    fn send(&self, job: Box<dyn Job>, queue: impl Fn(&Queues) -> &Send) -> Result<(), DbError> {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = queue(queues.as_ref().ok_or(DbError::Closed)?).try_send(job);
        sent.map_err(|refused| match refused {
            TrySendError::Full(_) => DbError::Busy,
            TrySendError::Disconnected(_) => DbError::Closed,
        })
    }

    /// Lets the threads finish what was accepted, and waits for them.
    pub(in crate::infra::db) fn close(&self) {
        drop(self.queues.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.running.wait();
    }
}

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> DbError {
        use rusqlite::ffi::{
            SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID, SQLITE_CONSTRAINT_UNIQUE,
        };
        let unique = [SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID, SQLITE_CONSTRAINT_UNIQUE];
        match error.sqlite_error() {
            Some(code) if unique.contains(&code.extended_code) => DbError::Unique(error.to_string()),
            Some(_) | None => DbError::Engine(error.to_string()),
        }
    }
}
