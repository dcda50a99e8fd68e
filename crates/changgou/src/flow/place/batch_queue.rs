//! The queue before the workers that place orders: how requests form batches.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, Notify, mpsc};
use tokio::time::{sleep, timeout};

use super::PlaceRequest;
use super::placed_order::PlaceDecision;
use crate::domain::refusal::Refusal;
use crate::flow::batcher::BatchedCall;
use crate::infra::db::DbError;

/// A committed decision, or why there is none.
pub(super) type PlaceResult = Result<Result<PlaceDecision, Refusal>, DbError>;

type QueuedRequest = BatchedCall<PlaceRequest, Result<PlaceDecision, Refusal>>;

/// How long a worker collects requests while another is busy. A batch costs more than
/// the orders in it, so a request that just missed one should not be a batch alone.
const COLLECT_WHILE_BUSY: Duration = Duration::from_millis(2);

/// How long the first request of many waits for the others while all workers are idle:
/// buyers answered together come back one after another.
const COLLECT_WHILE_IDLE: Duration = Duration::from_millis(1);

/// The one queue before all workers.
pub(super) struct BatchQueue {
    waiting: Mutex<mpsc::Receiver<QueuedRequest>>,
    workers: usize,
    busy: AtomicUsize,
    last_batch: AtomicUsize,
    /// Notified when a worker is done.
    done: Notify,
}

/// Counts a worker as busy until it is dropped.
pub(super) struct BusyWorker<'q>(&'q BatchQueue);

impl BatchQueue {
    pub(super) fn new(waiting: mpsc::Receiver<QueuedRequest>, workers: usize) -> BatchQueue {
        let (busy, last_batch, done) = (AtomicUsize::new(0), AtomicUsize::new(0), Notify::new());
        BatchQueue { waiting: Mutex::new(waiting), workers, busy, last_batch, done }
    }

    /// The next batch of at most `most` requests, empty once the queue is closed. The
    /// worker counts as busy from now on.
    pub(super) async fn next(&self, most: usize) -> (Vec<QueuedRequest>, BusyWorker<'_>) {
        let mut waiting = self.waiting.lock().await;
        let mut batch = Vec::with_capacity(most);
        let Some(first) = waiting.recv().await else { return (batch, self.begin()) };
        batch.push(first);
        if waiting.len() + 1 < most {
            self.collect().await;
        }
        let share = self.share(waiting.len() + 1).min(most);
        while batch.len() < share
            && let Ok(request) = waiting.try_recv()
        {
            batch.push(request);
        }
        self.last_batch.store(batch.len(), Ordering::Relaxed);
        (batch, self.begin())
    }

    /// Lets more requests arrive. A single request in an idle shop does not wait.
    async fn collect(&self) {
        if self.busy.load(Ordering::Relaxed) > 0 {
            // It does not matter which of the two ends the wait.
            let _ = timeout(COLLECT_WHILE_BUSY, self.done.notified()).await;
        } else if self.workers > 1 && self.last_batch.load(Ordering::Relaxed) > 1 {
            sleep(COLLECT_WHILE_IDLE).await;
        }
    }

    /// How many of the waiting requests one worker takes: idle workers share them.
    fn share(&self, waiting: usize) -> usize {
        let idle = self.workers.saturating_sub(self.busy.load(Ordering::Relaxed));
        waiting.div_ceil(idle.max(1))
    }

    fn begin(&self) -> BusyWorker<'_> {
        self.busy.fetch_add(1, Ordering::Relaxed);
        BusyWorker(self)
    }
}

impl Drop for BusyWorker<'_> {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
        self.0.done.notify_waiters();
    }
}
