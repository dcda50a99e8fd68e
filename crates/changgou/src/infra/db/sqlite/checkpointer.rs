//! The thread that folds the write-ahead log into the file while the writer
//! goes on: a commit need not wait for it. Only where it falls far behind does
//! the writer fold the rest itself.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use crate::infra::db::{DbError, threads};

/// How long the log may gather before it is folded again.
const PAUSE: Duration = Duration::from_millis(100);

/// Ends the thread when it is dropped.
pub(super) struct Checkpointer {
    _going_on: Sender<()>,
}

pub(super) fn start(connection: Connection) -> Result<(Checkpointer, JoinHandle<()>), DbError> {
    let (going_on, ended) = channel();
    Ok((Checkpointer { _going_on: going_on }, threads::start("db-folder", move || run(&connection, &ended))?))
}

fn run(connection: &Connection, ended: &Receiver<()>) {
    while ended.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
        // Busy is no error here: the writer or another process is folding.
        if let Err(error) = connection.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(())) {
            tracing::warn!(%error, "the write-ahead log was not folded in");
        }
    }
}
