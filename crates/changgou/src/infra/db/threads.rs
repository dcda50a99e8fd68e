//! The threads of an engine.

use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::infra::db::DbError;

/// Threads that end when their queues are closed and empty.
pub(super) struct RunningThreads(Mutex<Vec<JoinHandle<()>>>);

impl RunningThreads {
    pub(super) fn new(threads: Vec<JoinHandle<()>>) -> RunningThreads {
        RunningThreads(Mutex::new(threads))
    }

    pub(super) fn wait(&self) {
        let threads = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a database thread panicked");
            }
        }
    }
}

/// Starts a named thread.
pub(super) fn start(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, DbError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    thread.map_err(|error| DbError::Engine(error.to_string()))
}
