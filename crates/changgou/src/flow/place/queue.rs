//! Who waits for a till, and who goes next.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, Notify, mpsc};
use tokio::time::timeout;

use super::Request;
use super::decide::Decision;
use crate::flow::line;
use crate::ground::db::DbError;
use crate::values::refusal::Refusal;

/// A decision that was committed, or why there is none.
pub(super) type Answer = Result<Result<Decision, Refusal>, DbError>;

/// A request and where its answer goes.
type Waiting = line::Waiting<Request, Result<Decision, Refusal>>;

/// How long a till gathers while another is at work. A batch costs more than the
/// orders in it: who comes a moment after one was taken shall not be one alone.
const GATHERING: Duration = Duration::from_millis(2);

/// The one queue before all tills.
pub(super) struct Queue {
    waiting: Mutex<mpsc::Receiver<Waiting>>,
    at_work: AtomicUsize,
    /// Rung when a till is done.
    done: Notify,
}

/// A till at work, until this is dropped.
pub(super) struct AtWork<'q>(&'q Queue);

impl Queue {
    pub(super) fn of(waiting: mpsc::Receiver<Waiting>) -> Queue {
        Queue { waiting: Mutex::new(waiting), at_work: AtomicUsize::new(0), done: Notify::new() }
    }

    /// The next batch; empty when the shop closes.
    pub(super) async fn next(&self, most: usize) -> Vec<Waiting> {
        let mut waiting = self.waiting.lock().await;
        let mut batch = Vec::with_capacity(most);
        waiting.recv_many(&mut batch, most).await;
        if !batch.is_empty() && batch.len() < most && self.at_work.load(Ordering::Relaxed) > 0 {
            // Time or bell, whichever comes first.
            let _ = timeout(GATHERING, self.done.notified()).await;
            while batch.len() < most
                && let Ok(one) = waiting.try_recv()
            {
                batch.push(one);
            }
        }
        batch
    }

    pub(super) fn begin(&self) -> AtWork<'_> {
        self.at_work.fetch_add(1, Ordering::Relaxed);
        AtWork(self)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::Relaxed);
        self.0.done.notify_waiters();
    }
}
