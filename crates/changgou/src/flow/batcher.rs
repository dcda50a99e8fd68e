//! Batches calls: those that arrive while a batch is running wait, and form the next
//! batch.

use std::collections::{BTreeSet, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::flow::unit_of_work::UnitOfWork;
use crate::infra::db::{DbError, SavepointError};

/// The callers' end of the queue.
pub struct Batcher<Q, A>(Mutex<Option<mpsc::Sender<BatchedCall<Q, A>>>>);

/// A call and the channel for its answer.
pub type BatchedCall<Q, A> = (Q, oneshot::Sender<Result<A, DbError>>);

impl<Q, A> Batcher<Q, A> {
    /// A queue for at most `most` calls, and the end at which they are answered.
    pub fn open(most: usize) -> (Batcher<Q, A>, mpsc::Receiver<BatchedCall<Q, A>>) {
        let (calls, waiting) = mpsc::channel(most);
        (Batcher(Mutex::new(Some(calls))), waiting)
    }

    /// Waits for the answer. A full queue gives [`DbError::Busy`] at once, a closed one
    /// [`DbError::Closed`].
    pub async fn call(&self, question: Q) -> Result<A, DbError> {
        let (answer, answered) = oneshot::channel();
        let queue = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(DbError::Closed)?;
        queue.try_send((question, answer)).map_err(|refused| match refused {
            TrySendError::Full(_) => DbError::Busy,
            TrySendError::Closed(_) => DbError::Closed,
        })?;
        drop(queue);
        answered.await.map_err(|_| DbError::Closed)?
    }

    /// Takes no more calls; those that wait are still answered.
    pub fn close(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// Answers calls that look something up by a text, up to `most` with one `read`, until
/// the queue is closed.
pub async fn look_up<V, F>(
    mut queue: mpsc::Receiver<BatchedCall<String, Option<V>>>,
    most: usize,
    read: impl Fn(BTreeSet<String>) -> F,
) where
    V: Clone,
    F: Future<Output = Result<HashMap<String, V>, DbError>>,
{
    let mut waiting = Vec::with_capacity(most);
    while queue.recv_many(&mut waiting, most).await > 0 {
        let found = read(waiting.iter().map(|(text, _)| text.clone()).collect()).await;
        for (text, answer) in waiting.drain(..) {
            // The caller may be gone.
            let _ = answer.send(found.as_ref().map(|found| found.get(&text).cloned()).map_err(Clone::clone));
        }
    }
}

/// Runs `process` for a batch. If that fails, each half is tried, so that a call that
/// cannot succeed fails alone; it is logged with its `name`.
pub async fn in_halves<Q, A>(
    work: &mut UnitOfWork<'_, '_>,
    calls: &[Q],
    name: fn(&Q) -> &str,
    process: &impl AsyncFn(&mut UnitOfWork<'_, '_>, &[Q]) -> Result<Vec<A>, DbError>,
) -> Result<Vec<Result<A, DbError>>, DbError> {
    match work.nested(async |work| catch_panic(process(work, calls)).await).await {
        Ok(answers) => Ok(answers.into_iter().map(Ok).collect()),
        Err(SavepointError::Lost(error)) => Err(error),
        Err(SavepointError::Undone(error)) if calls.len() == 1 => {
            tracing::error!(%error, about = name(&calls[0]), "a request in a batch failed");
            Ok(vec![Err(error)])
        }
        Err(SavepointError::Undone(error)) => {
            tracing::warn!(%error, requests = calls.len(), "a batch failed; its halves are tried");
            let (first, second) = calls.split_at(calls.len() / 2);
            let mut answers = Box::pin(in_halves(work, first, name, process)).await?;
            answers.extend(Box::pin(in_halves(work, second, name, process)).await?);
            Ok(answers)
        }
    }
}

/// A panic becomes an error, so that only the call that caused it fails.
async fn catch_panic<T>(work: impl Future<Output = Result<T, DbError>>) -> Result<T, DbError> {
    let ran = AssertUnwindSafe(work).catch_unwind().await;
    ran.unwrap_or_else(|panic| Err(DbError::from_panic(&*panic)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let broken: Result<(), DbError> = catch_panic(async { panic!("poisoned") }).await;
        assert!(matches!(broken, Err(DbError::Panicked(words)) if words == "poisoned"));
        assert!(matches!(catch_panic(async { Ok(1) }).await, Ok(1)));
    }

    #[tokio::test]
    async fn a_full_queue_is_busy_and_a_closed_one_closed() {
        let (calls, mut waiting) = Batcher::<u8, u8>::open(1);
        let one = calls.call(1);
        tokio::pin!(one);
        assert!(futures_util::poll!(&mut one).is_pending());
        assert!(matches!(calls.call(2).await, Err(DbError::Busy)));
        calls.close();
        assert!(matches!(calls.call(3).await, Err(DbError::Closed)));
        let (question, answer) = waiting.recv().await.expect("one waits");
        assert!(answer.send(Ok(question + 1)).is_ok());
        assert!(matches!(one.await, Ok(2)));
    }
}
