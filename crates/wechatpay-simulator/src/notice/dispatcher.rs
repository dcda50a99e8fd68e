//! What the delivery of notices shares: the queue, the log and the signals between the tasks.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::{Notify, Semaphore};

use super::PendingNotice;
use super::delivery_log::DeliveryLog;
use super::http_post::HttpPoster;
use super::queue::NoticeQueue;
use crate::sync::lock;

/// The number of deliveries that run at once.
pub const MAX_CONCURRENT: u32 = 64;

/// The queue, the log and the HTTP client of the notices.
#[derive(Debug)]
pub struct NoticeDispatcher {
    /// Sends the notices.
    pub http: HttpPoster,
    queue: Mutex<NoticeQueue>,
    log: Mutex<DeliveryLog>,
    /// Notified when a notice was queued or the clock was moved.
    pub wakeup: Notify,
    /// One permit for each running delivery.
    pub permits: Arc<Semaphore>,
    /// A single permit: advances of the clock run one after another.
    pub advance_lock: Semaphore,
}

impl NoticeDispatcher {
    pub fn new() -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: HttpPoster::new(MAX_CONCURRENT as usize)?,
            queue: Mutex::default(),
            log: Mutex::default(),
            wakeup: Notify::new(),
            permits: Arc::new(Semaphore::new(MAX_CONCURRENT as usize)),
            advance_lock: Semaphore::new(1),
        })
    }

    pub fn queue(&self) -> MutexGuard<'_, NoticeQueue> {
        lock(&self.queue)
    }

    pub fn log(&self) -> MutexGuard<'_, DeliveryLog> {
        lock(&self.log)
    }

    /// Queues a notice for delivery at `due_ms`.
    pub fn enqueue(&self, due_ms: i64, pending: PendingNotice) {
        self.queue().put(due_ms, pending);
        self.wakeup.notify_one();
    }
}
