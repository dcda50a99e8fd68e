//! The MySQL family (MariaDB, MySQL, TiDB and compatible servers). Two threads drive the connections:
//! one for write transactions, one for reads. Each connection runs one job at a time.
//!
//! Writes run in `read committed`: rows that must not change are read `for update` or guarded by the
//! update itself, and a job with a conflict runs again. Reads see one snapshot.

pub mod adopt;
mod connect;
pub(super) mod retry;
mod server_url;
mod statement;
mod worker;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Sender, channel};

pub use statement::MysqlTx;

use crate::domain::limits::{READ_QUEUE_MAX, WRITE_QUEUE_MAX};
use crate::infra::db::job::Job;
use crate::infra::db::threads::RunningThreads;
use crate::infra::db::{DbError, OpenMode, migrate};
use connect::ConnectionPurpose;
use server_url::MysqlUrl;

/// Limits on the use of the server.
#[derive(Clone, Copy, Debug)]
pub struct Pool {
    /// Connections of this process, half of them for writing; at least two.
    pub connections: usize,
    /// `None` for no limit.
    pub statement_timeout: Option<Duration>,
}

impl Pool {
    /// Without the limit on statements, for commands such as the audit.
    pub fn without_timeout(self) -> Pool {
        Pool { statement_timeout: None, ..self }
    }
}

pub(in crate::infra::db) struct MysqlThreads {
    queues: Mutex<Option<Queues>>,
    running: RunningThreads,
}

struct Queues {
    write: Sender<Box<dyn Job>>,
    read: Sender<Box<dyn Job>>,
}

/// Checks the server, brings its schema up to date and starts the threads.
pub(in crate::infra::db) fn open(url: &str, open: OpenMode, pool: Pool) -> Result<MysqlThreads, DbError> {
    let address = MysqlUrl::parse(url)?;
    prepare(address.clone(), open)?;
    let connections = (pool.connections / 2).max(1);
    let (write, jobs) = channel(WRITE_QUEUE_MAX);
    let writing =
        worker::start(address.clone(), ConnectionPurpose::Write, connections, pool.statement_timeout, jobs)?;
    let (read, jobs) = channel(READ_QUEUE_MAX);
    let reading = worker::start(address, ConnectionPurpose::Read, connections, pool.statement_timeout, jobs)?;
    let queues = Mutex::new(Some(Queues { write, read }));
    Ok(MysqlThreads { queues, running: RunningThreads::new(vec![writing, reading]) })
}

/// On a separate thread, since the caller may be inside a runtime.
fn prepare(address: MysqlUrl, open: OpenMode) -> Result<(), DbError> {
    let work = move || {
        worker::runtime()?.block_on(async {
            let mut connection = connect::connect(&address, ConnectionPurpose::Write, None).await?;
            connect::check_usable(&mut connection, &address).await?;
            migrate::migrate(&mut MysqlTx::new(&mut connection, None, 0).into(), open).await
        })
    };
    let done = std::thread::Builder::new().name("db-prepare".to_owned()).spawn(work);
    let done = done.map_err(|error| DbError::Engine(error.to_string()))?.join();
    done.unwrap_or_else(|panic| Err(DbError::from_panic(&*panic)))
}

impl MysqlThreads {
    pub(in crate::infra::db) fn send_write(&self, job: Box<dyn Job>) -> Result<(), DbError> {
        self.send(job, |queues| &queues.write)
    }

    pub(in crate::infra::db) fn send_read(&self, job: Box<dyn Job>) -> Result<(), DbError> {
        self.send(job, |queues| &queues.read)
    }

    fn send(
        &self,
        job: Box<dyn Job>,
        queue: impl Fn(&Queues) -> &Sender<Box<dyn Job>>,
    ) -> Result<(), DbError> {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = queue(queues.as_ref().ok_or(DbError::Closed)?).try_send(job);
        sent.map_err(|refused| match refused {
            TrySendError::Full(_) => DbError::Busy,
            TrySendError::Closed(_) => DbError::Closed,
        })
    }

    /// Waits until the threads have finished the accepted jobs.
    pub(in crate::infra::db) fn close(&self) {
        drop(self.queues.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.running.wait();
    }
}
