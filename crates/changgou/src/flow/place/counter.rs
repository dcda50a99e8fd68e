//! Where requests queue up. While one batch commits, the next gathers; an idle
//! shop places one order at once.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::decide::{Decision, decide};
use super::{Request, read, write};
use crate::flow::error::busy;
use crate::flow::{Error, Outcome};
use crate::ground::db::{Db, DbError, Nested, Tx};
use crate::ground::settings::Rules;
use crate::values::limits::{PLACE_BATCH_MAX, PLACE_QUEUE_MAX};
use crate::values::refusal::Refusal;

/// A decision that was committed, or why there is none.
type Answer = Result<Result<Decision, Refusal>, DbError>;

/// A request and where its answer goes.
type Waiting = (Request, oneshot::Sender<Answer>);

/// The queue to the till.
pub struct Counter {
    queue: Mutex<Option<mpsc::Sender<Waiting>>>,
    till: Mutex<Option<JoinHandle<()>>>,
}

impl Counter {
    /// Opens a till.
    pub fn open(db: &Db, rules: Rules) -> Counter {
        let (queue, waiting) = mpsc::channel(PLACE_QUEUE_MAX);
        let till = tokio::spawn(work(db.clone(), rules, waiting));
        Counter { queue: Mutex::new(Some(queue)), till: Mutex::new(Some(till)) }
    }

    /// Takes no more requests, and waits until those that were taken are placed.
    pub async fn finish(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let till = self.till.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(till) = till
            && let Err(error) = till.await
        {
            tracing::error!(%error, "the till had broken off");
        }
    }

    /// Waits until the request is decided and committed.
    pub async fn place(&self, request: Request) -> Outcome<Decision> {
        let (answer, answered) = oneshot::channel();
        let queue =
            self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(DbError::Closed)?;
        queue.try_send((request, answer)).map_err(|refused| match refused {
            TrySendError::Full(_) => Error::Refused(busy()),
            TrySendError::Closed(_) => Error::Db(DbError::Closed),
        })?;
        drop(queue);
        let decided = answered.await.map_err(|_| DbError::Closed)??;
        decided.map_err(Error::Refused)
    }
}

async fn work(db: Db, rules: Rules, mut queue: mpsc::Receiver<Waiting>) {
    let mut waiting: Vec<Waiting> = Vec::with_capacity(PLACE_BATCH_MAX);
    while queue.recv_many(&mut waiting, PLACE_BATCH_MAX).await > 0 {
        let (requests, answers): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
        for (decided, answer) in place_all(&db, rules, requests).await.into_iter().zip(answers) {
            // Whoever asked may have gone away; the order stands.
            let _ = answer.send(decided);
        }
    }
}

async fn place_all(db: &Db, rules: Rules, requests: Vec<Request>) -> Vec<Answer> {
    let count = requests.len();
    metrics::histogram!("changgou_place_batch_orders").record(u32::try_from(count).unwrap_or(u32::MAX));
    let requests: Arc<[Request]> = requests.into();
    match place_in(db, rules, requests.clone()).await {
        Ok(answers) => answers,
        Err(DbError::Panicked(words)) if count > 1 => {
            tracing::error!(words, orders = count, "a batch broke off and is placed one by one");
            each_alone(db, rules, &requests).await
        }
        Err(error) => vec![Err(error); count],
    }
}

async fn place_in(db: &Db, rules: Rules, requests: Arc<[Request]>) -> Result<Vec<Answer>, DbError> {
    db.write(async move |tx| batch(tx, rules, &requests).await).await
}

/// A request that breaks the program off breaks it off for itself alone.
async fn each_alone(db: &Db, rules: Rules, requests: &[Request]) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests {
        let placed = place_in(db, rules, [request.clone()].into()).await;
        answers.push(placed.and_then(|mut one| one.pop().unwrap_or(Err(DbError::NoRow))));
    }
    answers
}

/// Places a batch. Should it fail as a whole, each request is tried alone, so
/// that the one that cannot be placed fails alone.
async fn batch(tx: &mut Tx<'_>, rules: Rules, requests: &[Request]) -> Result<Vec<Answer>, DbError> {
    match tx.nested(async |tx| together(tx, rules, requests).await).await {
        Ok(decided) => return Ok(decided.into_iter().map(Ok).collect()),
        Err(Nested::Lost(error)) => return Err(error),
        Err(Nested::Undone(error)) if requests.len() == 1 => return Ok(vec![Err(error)]),
        Err(Nested::Undone(error)) => {
            tracing::error!(%error, orders = requests.len(), "a batch is placed one by one")
        }
    }
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests.chunks(1) {
        answers.push(match tx.nested(async |tx| together(tx, rules, request).await).await {
            Ok(mut decided) => decided.pop().ok_or(DbError::NoRow),
            Err(Nested::Undone(error)) => Err(error),
            Err(Nested::Lost(error)) => return Err(error),
        });
    }
    Ok(answers)
}

async fn together(
    tx: &mut Tx<'_>,
    rules: Rules,
    requests: &[Request],
) -> Result<Vec<Result<Decision, Refusal>>, DbError> {
    let mut state = read::state(tx, requests).await?;
    let decided = decide(&mut state, rules, requests);
    write::all(tx, &decided).await?;
    Ok(decided)
}
