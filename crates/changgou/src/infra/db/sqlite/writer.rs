//! The one thread that writes. It takes all jobs that wait, up to a bound,
//! commits them together and answers them afterwards. When only one waits it
//! goes alone: there is no artificial delay.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::{Send, SqliteTx};
use crate::domain::limits::{WRITE_BATCH_MAX, WRITE_QUEUE_MAX};
use crate::infra::db::job::{Job, JobVerdict, ready};
use crate::infra::db::{DbError, threads};

type Queue = Receiver<Box<dyn Job>>;

pub(super) fn start(connection: Connection) -> Result<(Send, JoinHandle<()>), DbError> {
    let (queue, jobs) = sync_channel(WRITE_QUEUE_MAX);
    Ok((queue, threads::start("db-writer", move || run(&connection, &jobs))?))
}

fn run(connection: &Connection, jobs: &Queue) {
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        batch.extend(jobs.try_iter().take(WRITE_BATCH_MAX - 1));
        let end = commit(connection, &mut batch);
        if let Err(error) = &end {
            tracing::error!(%error, jobs = batch.len(), "a write transaction failed");
        }
        for job in batch {
            job.answer(end.clone());
        }
    }
    fold_log(connection);
}

/// Runs the jobs in one transaction. `Err` means that none of them took effect.
fn commit(connection: &Connection, batch: &mut [Box<dyn Job>]) -> Result<(), DbError> {
    let tx = SqliteTx::new(connection);
    tx.exec("begin immediate", &[])?;
    let ran = batch.iter_mut().try_for_each(|job| run_alone(connection, job.as_mut()));
    let end = ran.and_then(|()| tx.exec("commit", &[]).map(|_| ()));
    // Some failures, such as a full disk, have rolled back already.
    if end.is_err() && !connection.is_autocommit() {
        tx.exec("rollback", &[])?;
    }
    end
}

/// Runs a job in a savepoint, so that its failure is its own.
fn run_alone(connection: &Connection, job: &mut dyn Job) -> Result<(), DbError> {
    let tx = SqliteTx::new(connection);
    tx.exec("savepoint job", &[])?;
    let verdict = ready(job.run(&mut SqliteTx::new(connection).into()));
    if connection.is_autocommit() {
        return Err(DbError::Engine("the engine gave up the transaction".to_owned()));
    }
    if verdict == JobVerdict::Undo {
        tx.exec("rollback to job", &[])?;
    }
    tx.exec("release job", &[])?;
    Ok(())
}

/// Leaves one tidy file behind; the next start need not replay the log.
fn fold_log(connection: &Connection) {
    if let Err(error) = connection.pragma_query(None, "optimize", |_| Ok(())) {
        tracing::warn!(%error, "statistics were not refreshed");
    }
    if let Err(error) = connection.pragma_update(None, "wal_checkpoint", "truncate") {
        tracing::warn!(%error, "the write-ahead log was not folded in");
    }
}
