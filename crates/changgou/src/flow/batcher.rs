//! Questions that are answered together: whoever asks while others are being
//! answered waits in line, and is answered with those who wait beside.

use std::collections::{BTreeSet, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::infra::db::{DbError, SavepointError, Tx};

/// The end of the line at which one asks.
pub struct Batcher<Q, A>(Mutex<Option<mpsc::Sender<BatchedCall<Q, A>>>>);

/// A question and where its answer goes.
pub type BatchedCall<Q, A> = (Q, oneshot::Sender<Result<A, DbError>>);

impl<Q, A> Batcher<Q, A> {
    /// A line in which at most `most` wait, and the end at which they are answered.
    pub fn open(most: usize) -> (Batcher<Q, A>, mpsc::Receiver<BatchedCall<Q, A>>) {
        let (asking, waiting) = mpsc::channel(most);
        (Batcher(Mutex::new(Some(asking))), waiting)
    }

    /// Waits for the answer; [`DbError::Busy`] at once if the line is full.
    pub async fn ask(&self, question: Q) -> Result<A, DbError> {
        let (answer, answered) = oneshot::channel();
        let line = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(DbError::Closed)?;
        line.try_send((question, answer)).map_err(|refused| match refused {
            TrySendError::Full(_) => DbError::Busy,
            TrySendError::Closed(_) => DbError::Closed,
        })?;
        drop(line);
        answered.await.map_err(|_| DbError::Closed)?
    }

    /// Takes no more questions; those that wait are still answered.
    pub fn close(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// Answers those who ask about a text, up to `most` at a time with one look,
/// until nobody can ask any more.
pub async fn look_up<V, F>(
    mut line: mpsc::Receiver<BatchedCall<String, Option<V>>>,
    most: usize,
    look: impl Fn(BTreeSet<String>) -> F,
) where
    V: Clone,
    F: Future<Output = Result<HashMap<String, V>, DbError>>,
{
    let mut waiting = Vec::with_capacity(most);
    while line.recv_many(&mut waiting, most).await > 0 {
        let found = look(waiting.iter().map(|(text, _)| text.clone()).collect()).await;
        for (text, answer) in waiting.drain(..) {
            // Whoever asked may have gone away.
            let _ = answer.send(found.as_ref().map(|found| found.get(&text).cloned()).map_err(Clone::clone));
        }
    }
}

/// Does something for all who ask. Should it fail as a whole, it is done for
/// each half, so that a question that cannot be answered fails alone, and is
/// logged by its name.
pub async fn in_halves<Q, A>(
    tx: &mut Tx<'_>,
    asked: &[Q],
    name: fn(&Q) -> &str,
    work: &impl AsyncFn(&mut Tx<'_>, &[Q]) -> Result<Vec<A>, DbError>,
) -> Result<Vec<Result<A, DbError>>, DbError> {
    match tx.nested(async |tx| unbroken(work(tx, asked)).await).await {
        Ok(answers) => Ok(answers.into_iter().map(Ok).collect()),
        Err(SavepointError::Lost(error)) => Err(error),
        Err(SavepointError::Undone(error)) if asked.len() == 1 => {
            tracing::error!(%error, about = name(&asked[0]), "what was asked cannot be done");
            Ok(vec![Err(error)])
        }
        Err(SavepointError::Undone(error)) => {
            tracing::warn!(%error, asked = asked.len(), "what many asked fails and is halved");
            let (first, second) = asked.split_at(asked.len() / 2);
            let mut answers = Box::pin(in_halves(tx, first, name, work)).await?;
            answers.extend(Box::pin(in_halves(tx, second, name, work)).await?);
            Ok(answers)
        }
    }
}

/// A question that breaks the program off fails like any other.
async fn unbroken<T>(work: impl Future<Output = Result<T, DbError>>) -> Result<T, DbError> {
    let ran = AssertUnwindSafe(work).catch_unwind().await;
    ran.unwrap_or_else(|panic| Err(DbError::from_panic(&*panic)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_breaks_off_is_an_error_like_any_other() {
        let broken: Result<(), DbError> = unbroken(async { panic!("poisoned") }).await;
        assert!(matches!(broken, Err(DbError::Panicked(words)) if words == "poisoned"));
        assert!(matches!(unbroken(async { Ok(1) }).await, Ok(1)));
    }

    #[tokio::test]
    async fn a_full_line_says_so_and_a_closed_one_too() {
        let (line, mut waiting) = Batcher::<u8, u8>::open(1);
        let one = line.ask(1);
        tokio::pin!(one);
        assert!(futures_util::poll!(&mut one).is_pending());
        assert!(matches!(line.ask(2).await, Err(DbError::Busy)));
        line.close();
        assert!(matches!(line.ask(3).await, Err(DbError::Closed)));
        let (question, answer) = waiting.recv().await.expect("one waits");
        assert!(answer.send(Ok(question + 1)).is_ok());
        assert!(matches!(one.await, Ok(2)));
    }
}
