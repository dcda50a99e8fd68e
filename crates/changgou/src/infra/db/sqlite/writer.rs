//! The thread that writes. It takes all waiting jobs up to a limit, commits them together and answers
//! them afterwards. There is no artificial delay: a single job is committed alone.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::{JobSender, SqliteTx};
use crate::domain::limits::{WRITE_BATCH_MAX, WRITE_QUEUE_MAX};
use crate::infra::db::job::{Job, JobVerdict, run_blocking};
use crate::infra::db::{DbError, threads};

type Queue = Receiver<Box<dyn Job>>;

pub(super) fn start(connection: Connection) -> Result<(JobSender, JoinHandle<()>), DbError> {
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
    checkpoint(connection);
}

/// `Err` means that none of the jobs took effect.
fn commit(connection: &Connection, batch: &mut [Box<dyn Job>]) -> Result<(), DbError> {
    let tx = SqliteTx::new(connection);
    tx.exec("begin immediate", &[])?;
    let ran = batch.iter_mut().try_for_each(|job| run_in_savepoint(connection, job.as_mut()));
    let end = ran.and_then(|()| tx.exec("commit", &[]).map(|_| ()));
    // Some errors, such as a full disk, roll back by themselves.
    if end.is_err() && !connection.is_autocommit() {
        tx.exec("rollback", &[])?;
    }
    end
}

/// In a savepoint, so that a failure does not affect other jobs.
fn run_in_savepoint(connection: &Connection, job: &mut dyn Job) -> Result<(), DbError> {
    let tx = SqliteTx::new(connection);
    tx.exec("savepoint job", &[])?;
    let verdict = run_blocking(job.run(&mut SqliteTx::new(connection).into()));
    if connection.is_autocommit() {
        return Err(DbError::Engine("the engine rolled back the transaction".to_owned()));
    }
    if verdict == JobVerdict::Undo {
        tx.exec("rollback to job", &[])?;
    }
    tx.exec("release job", &[])?;
    Ok(())
}

/// So that the next start need not replay the log.
fn checkpoint(connection: &Connection) {
    if let Err(error) = connection.pragma_query(None, "optimize", |_| Ok(())) {
        tracing::warn!(%error, "refreshing the statistics failed");
    }
    if let Err(error) = connection.pragma_update(None, "wal_checkpoint", "truncate") {
        tracing::warn!(%error, "the checkpoint of the write-ahead log failed");
    }
}
