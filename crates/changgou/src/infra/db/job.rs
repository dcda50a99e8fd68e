//! Jobs for the database threads, and their answers.

use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use tokio::sync::oneshot;

use crate::infra::db::{DbError, Tx};

/// Whether the changes of a job are committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JobVerdict {
    Keep,
    Undo,
}

/// A running job; it stays on its thread.
type Running<'a> = Pin<Box<dyn Future<Output = JobVerdict> + 'a>>;

/// Work for a database thread, which answers when the outcome is known. It may run more than once; the
/// last run counts.
pub(super) trait Job: Send {
    fn run<'a>(&'a mut self, tx: &'a mut Tx<'_>) -> Running<'a>;
    fn answer(self: Box<Self>, end: Result<(), DbError>);
}

pub(super) struct ClosureJob<F, T, E> {
    work: F,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> ClosureJob<F, T, E> {
    pub(super) fn new(work: F, answer: oneshot::Sender<Result<T, E>>) -> Self {
        ClosureJob { work, result: None, answer }
    }
}

impl<F, T, E> Job for ClosureJob<F, T, E>
where
    F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn run<'a>(&'a mut self, tx: &'a mut Tx<'_>) -> Running<'a> {
        Box::pin(async {
            let ran = AssertUnwindSafe(async { (self.work)(tx).await }).catch_unwind().await;
            let result = ran.unwrap_or_else(|panic| Err(E::from(DbError::from_panic(&*panic))));
            let verdict = if result.is_ok() { JobVerdict::Keep } else { JobVerdict::Undo };
            self.result = Some(result);
            verdict
        })
    }

    fn answer(self: Box<Self>, end: Result<(), DbError>) {
        let result = match end {
            Ok(()) => self.result.unwrap_or_else(|| Err(E::from(DbError::Closed))),
            Err(error) => Err(E::from(error)),
        };
        // The caller may be gone; the work is done all the same.
        let _ = self.answer.send(result);
    }
}

/// Runs a future that never waits: calls to SQLite are synchronous.
pub(super) fn run_blocking<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("work on SQLite waited for something other than the database"),
    }
}
