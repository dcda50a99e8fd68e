//! The threads that read. Each job sees one snapshot.

use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::{JobSender, SqliteTx};
use crate::domain::limits::READ_QUEUE_MAX;
use crate::infra::db::job::{Job, run_blocking};
use crate::infra::db::{DbError, threads};

type Queue = Arc<Mutex<Receiver<Box<dyn Job>>>>;

pub(super) fn start(connections: Vec<Connection>) -> Result<(JobSender, Vec<JoinHandle<()>>), DbError> {
    let (queue, jobs) = sync_channel(READ_QUEUE_MAX);
    let jobs: Queue = Arc::new(Mutex::new(jobs));
    let running = connections.into_iter().map(|connection| {
        let jobs = jobs.clone();
        threads::start("db-reader", move || run(&connection, &jobs))
    });
    Ok((queue, running.collect::<Result<Vec<_>, _>>()?))
}

fn run(connection: &Connection, jobs: &Queue) {
    while let Some(mut job) = next(jobs) {
        let end = run_in_snapshot(connection, job.as_mut());
        job.answer(end);
    }
}

/// One reader waits for the queue, the others for the lock: each job wakes one.
fn next(jobs: &Queue) -> Option<Box<dyn Job>> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn run_in_snapshot(connection: &Connection, job: &mut dyn Job) -> Result<(), DbError> {
    let tx = SqliteTx::new(connection);
    tx.exec("begin", &[])?;
    run_blocking(job.run(&mut SqliteTx::new(connection).into()));
    tx.exec("rollback", &[])?;
    Ok(())
}
