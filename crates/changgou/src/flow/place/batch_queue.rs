//! Who waits for a till, and who goes next.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, Notify, mpsc};
use tokio::time::{sleep, timeout};

use super::PlaceRequest;
use super::decide::PlaceDecision;
use crate::domain::refusal::Refusal;
use crate::flow::batcher;
use crate::infra::db::DbError;

/// A decision that was committed, or why there is none.
pub(super) type PlaceResult = Result<Result<PlaceDecision, Refusal>, DbError>;

/// A request and where its answer goes.
type QueuedRequest = batcher::BatchedCall<PlaceRequest, Result<PlaceDecision, Refusal>>;

/// How long a till gathers while another is at work. A batch costs more than the
/// orders in it: who comes a moment after one was taken shall not be one alone.
const GATHERING: Duration = Duration::from_millis(2);

/// How long the first of a crowd waits for the others while no till is at work.
/// All were answered at once, and ask again one after another.
const REGATHERING: Duration = Duration::from_millis(1);

/// The one queue before all tills.
pub(super) struct BatchQueue {
    waiting: Mutex<mpsc::Receiver<QueuedRequest>>,
    tills: usize,
    at_work: AtomicUsize,
    /// How many the last batch was of.
    last: AtomicUsize,
    /// Rung when a till is done.
    done: Notify,
}

/// A till at work, until this is dropped.
pub(super) struct BusyWorker<'q>(&'q BatchQueue);

impl BatchQueue {
    /// The queue before so many tills.
    pub(super) fn of(waiting: mpsc::Receiver<QueuedRequest>, tills: usize) -> BatchQueue {
        let (at_work, last, done) = (AtomicUsize::new(0), AtomicUsize::new(0), Notify::new());
        BatchQueue { waiting: Mutex::new(waiting), tills, at_work, last, done }
    }

    /// The next batch, empty when the shop closes, and the till's work at it, which begins now.
    pub(super) async fn next(&self, most: usize) -> (Vec<QueuedRequest>, BusyWorker<'_>) {
        let mut waiting = self.waiting.lock().await;
        let mut batch = Vec::with_capacity(most);
        let Some(first) = waiting.recv().await else { return (batch, self.begin()) };
        batch.push(first);
        if waiting.len() + 1 < most {
            self.gather().await;
        }
        let share = self.share(waiting.len() + 1).min(most);
        while batch.len() < share
            && let Ok(one) = waiting.try_recv()
        {
            batch.push(one);
        }
        self.last.store(batch.len(), Ordering::Relaxed);
        (batch, self.begin())
    }

    /// Lets others come: whoever is alone in an idle shop waits for nobody.
    async fn gather(&self) {
        if self.at_work.load(Ordering::Relaxed) > 0 {
            // Time or bell, whichever comes first.
            let _ = timeout(GATHERING, self.done.notified()).await;
        } else if self.tills > 1 && self.last.load(Ordering::Relaxed) > 1 {
            sleep(REGATHERING).await;
        }
    }

    /// How many of those who wait one till takes: all, unless another is idle,
    /// which shall not stand by while one serves everybody.
    fn share(&self, waiting: usize) -> usize {
        let idle = self.tills.saturating_sub(self.at_work.load(Ordering::Relaxed));
        waiting.div_ceil(idle.max(1))
    }

    fn begin(&self) -> BusyWorker<'_> {
        self.at_work.fetch_add(1, Ordering::Relaxed);
        BusyWorker(self)
    }
}

impl Drop for BusyWorker<'_> {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::Relaxed);
        self.0.done.notify_waiters();
    }
}
