//! SQLite with one thread that writes and some that read.

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

use crate::infra::db::job::{Job, run_blocking};
use crate::infra::db::threads::RunningThreads;
use crate::infra::db::{DbError, OpenMode, migrate};

/// Enough to use two cores beside the writer.
const READERS: usize = 2;

/// Prepared statements per connection; the program has fewer.
const STATEMENTS_CACHED: usize = 256;

/// Pages of the write-ahead log after which the writer runs a checkpoint itself: 128 MiB.
const WAL_PAGES: i64 = 32_768;

pub(in crate::infra::db) struct SqliteThreads {
    queues: Mutex<Option<Queues>>,
    running: RunningThreads,
}

type JobSender = SyncSender<Box<dyn Job>>;

struct Queues {
    write: JobSender,
    read: JobSender,
    /// Lives as long as the queues.
    _checkpointer: checkpointer::Checkpointer,
}

/// Opens the file and starts its threads.
pub(in crate::infra::db) fn open(path: &Path, open: OpenMode) -> Result<SqliteThreads, DbError> {
    let mut writer = connect(path, open)?;
    run_blocking(migrate::migrate(&mut SqliteTx::new(&writer).into(), open))?;
    writer.set_transaction_behavior(rusqlite::TransactionBehavior::Immediate);
    let readers = (0..READERS).map(|_| connect_to_read(path)).collect::<Result<Vec<_>, _>>()?;
    let (write, write_thread) = writer::start(writer)?;
    let (read, mut running) = reader::start(readers)?;
    let (checkpointer, checkpoint_thread) = checkpointer::start(connect_to_checkpoint(path)?)?;
    // The writer is joined last: it checkpoints the log into the file.
    running.extend([checkpoint_thread, write_thread]);
    let queues = Queues { write, read, _checkpointer: checkpointer };
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

fn connect_to_checkpoint(path: &Path) -> Result<Connection, DbError> {
    let connection = Connection::open(path).map_err(|error| cannot_open(path, &error))?;
    prepare(&connection)?;
    connection.pragma_update(None, "synchronous", "full")?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> Result<(), DbError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    // Without this, statements with `limit ?` are prepared again for each value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    // The savepoint journal stays in memory; else a file is created and removed for every commit.
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(())
}

/// Only the owner may read the folder: the file contains password hashes and addresses.
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

    fn send(&self, job: Box<dyn Job>, queue: impl Fn(&Queues) -> &JobSender) -> Result<(), DbError> {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = queue(queues.as_ref().ok_or(DbError::Closed)?).try_send(job);
        sent.map_err(|refused| match refused {
            TrySendError::Full(_) => DbError::Busy,
            TrySendError::Disconnected(_) => DbError::Closed,
        })
    }

    /// Waits until the threads have finished the accepted jobs.
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
