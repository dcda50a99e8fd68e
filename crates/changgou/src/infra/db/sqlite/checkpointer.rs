//! The thread that checkpoints the write-ahead log concurrently with the writer, so that commits need
//! not wait. Only if it falls far behind does the writer checkpoint itself.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use crate::infra::db::{DbError, threads};

/// The interval of checkpoints.
const INTERVAL: Duration = Duration::from_millis(100);

pub(super) struct Checkpointer {
    _stop: Sender<()>,
}

pub(super) fn start(connection: Connection) -> Result<(Checkpointer, JoinHandle<()>), DbError> {
    let (stop, stopped) = channel();
    Ok((Checkpointer { _stop: stop }, threads::start("db-checkpointer", move || run(&connection, &stopped))?))
}

fn run(connection: &Connection, stopped: &Receiver<()>) {
    while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
        // Busy is not an error: the writer or another process is running a checkpoint.
        if let Err(error) = connection.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(())) {
            tracing::warn!(%error, "the checkpoint of the write-ahead log failed");
        }
    }
}
