//! The threads of an engine, and their end.

use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::infra::db::DbError;

/// Threads that end by themselves once their queues are closed and empty.
pub(super) struct RunningThreads(Mutex<Vec<JoinHandle<()>>>);

impl RunningThreads {
    pub(super) fn new(threads: Vec<JoinHandle<()>>) -> RunningThreads {
        RunningThreads(Mutex::new(threads))
    }

    /// Waits for all of them, in order.
    pub(super) fn wait(&self) {
        let threads = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a database thread had panicked");
            }
        }
    }
}

/// Starts a thread that says in lists of threads what it does.
pub(super) fn start(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, DbError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    thread.map_err(|error| DbError::Engine(error.to_string()))
}
