//! Places orders in batches. While one batch commits, the next one fills; in an idle
//! shop a single order is placed at once.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

use super::batch_queue::{BatchQueue, PlaceResult};
use super::decide::decide_batch;
use super::placed_order::PlaceDecision;
use super::read::{CartsRead, SkuLocking};
use super::write::SkusSold;
use super::{PlaceRequest, read, write};
use crate::domain::id::OrderId;
use crate::domain::limits::PLACE_QUEUE_MAX;
use crate::domain::refusal::Refusal;
use crate::flow::Outcome;
use crate::flow::batcher::{Batcher, in_halves};
use crate::flow::unit_of_work::{UnitOfWork, Writer};
use crate::infra::cache::Cache;
use crate::infra::db::DbError;
use crate::infra::settings::ShopRules;
use crate::store::cart::purchased::PurchasedLine;
use crate::store::cart::{cleanup, redis_cart};

/// Workers that run at the same time if the database has concurrent writers: while one
/// waits for its commit, the other reads and writes.
const WORKERS: usize = 2;

/// How often a batch is looked up whose commit was not answered.
const LOOKUPS_MAX: usize = 3;

pub struct PlaceQueue {
    calls: Batcher<PlaceRequest, Result<PlaceDecision, Refusal>>,
    workers: Mutex<JoinSet<()>>,
}

impl PlaceQueue {
    /// Starts the workers. Each places at most `most` orders in one transaction.
    pub fn open(worker: &BatchWorker, most: usize) -> PlaceQueue {
        let (calls, waiting) = Batcher::open(PLACE_QUEUE_MAX);
        let count = if worker.writer.has_concurrent_writers() { WORKERS } else { 1 };
        let queue = Arc::new(BatchQueue::new(waiting, count));
        let mut workers = JoinSet::new();
        for _ in 0..count {
            workers.spawn(worker.clone().run(most, queue.clone()));
        }
        PlaceQueue { calls, workers: Mutex::new(workers) }
    }

    /// Takes no more requests, and waits until those in the queue are placed.
    pub async fn finish(&self) {
        self.calls.close();
        let mut workers = std::mem::take(&mut *self.workers.lock().unwrap_or_else(PoisonError::into_inner));
        while let Some(done) = workers.join_next().await {
            if let Err(error) = done {
                tracing::error!(%error, "a worker that places orders panicked");
            }
        }
    }

    /// Waits until the request is decided and committed.
    pub async fn place(&self, request: PlaceRequest) -> Outcome<PlaceDecision> {
        Ok(self.calls.call(request).await??)
    }
}

/// What a worker needs to place orders.
#[derive(Clone)]
pub struct BatchWorker {
    pub writer: Writer,
    /// Where the carts are, unless they are in the database.
    pub cache: Option<Cache>,
    pub rules: ShopRules,
}

/// Requests and the carts they are about.
struct BatchInput {
    requests: Vec<PlaceRequest>,
    carts: CartsRead,
    /// Orders whose lines have been removed from the carts in the cache.
    cleaned: Vec<OrderId>,
}

/// Which run of a batch this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BatchRun {
    First,
    /// The commit of the first run was not answered: all of its orders exist, or none.
    AfterUnknownCommit,
}

impl BatchWorker {
    async fn run(self, most: usize, queue: Arc<BatchQueue>) {
        let mut cleaned = Vec::new();
        loop {
            let (batch, busy) = queue.next(most).await;
            if batch.is_empty() {
                return;
            }
            let (requests, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
            let placed = self.place_batch(requests, &mut cleaned).await;
            drop(busy);
            for (decided, answer) in placed.into_iter().zip(answers) {
                // The caller may be gone; the order stays placed.
                let _ = answer.send(decided);
            }
        }
    }

    /// `cleaned` names orders whose lines have been removed from the cache; the next
    /// batch notes that in the database.
    async fn place_batch(&self, requests: Vec<PlaceRequest>, cleaned: &mut Vec<OrderId>) -> Vec<PlaceResult> {
        let count = requests.len();
        metrics::histogram!(crate::infra::metrics::PLACE_BATCH_ORDERS)
            .record(u32::try_from(count).unwrap_or(u32::MAX));
        let carts = read::read_carts(self.cache.as_ref(), &requests).await;
        let input = Arc::new(BatchInput { requests, carts, cleaned: cleaned.clone() });
        let placed = match self.commit(input.clone(), BatchRun::First).await {
            Err(DbError::Unsure(why)) => self.look_up_commit(&input, why).await,
            known => known,
        };
        let answers = placed.unwrap_or_else(|error| vec![Err(error); count]);
        if answers.iter().flatten().flatten().any(|decision| decision.placed().is_some()) {
            *cleaned = self.clean_carts(&answers).await;
        }
        answers
    }

    /// Removes what was bought from the carts in the cache, and returns the orders whose
    /// lines are gone. If that fails, the background worker does it later.
    async fn clean_carts(&self, answers: &[PlaceResult]) -> Vec<OrderId> {
        let Some(cache) = &self.cache else { return Vec::new() };
        let placed = answers.iter().flatten().flatten().filter_map(PlaceDecision::placed);
        let taken: Vec<&PurchasedLine> = placed.flat_map(|one| &one.taken).collect();
        match redis_cart::remove_purchased(cache, taken.iter().copied()).await {
            Ok(()) => cleanup::group_orders(&taken).into_iter().map(|row| row.order_id).collect(),
            Err(error) => {
                tracing::warn!(%error, lines = taken.len(), "bought lines stay in their carts for the worker");
                Vec::new()
            }
        }
    }

    /// The commit was not answered. Only another transaction can tell whether it
    /// happened; until one has, no caller is told that nothing was done.
    async fn look_up_commit(
        &self,
        input: &Arc<BatchInput>,
        why: String,
    ) -> Result<Vec<PlaceResult>, DbError> {
        for _ in 0..LOOKUPS_MAX {
            match self.commit(input.clone(), BatchRun::AfterUnknownCommit).await {
                Ok(known) => return Ok(known),
                Err(error) => tracing::warn!(%error, "it is not known whether a batch was placed"),
            }
        }
        Err(DbError::Unsure(why))
    }

    async fn commit(&self, input: Arc<BatchInput>, run: BatchRun) -> Result<Vec<PlaceResult>, DbError> {
        let rules = self.rules;
        let work = async move |work: &mut UnitOfWork<'_, '_>| {
            let place = async |work: &mut UnitOfWork<'_, '_>, requests: &[PlaceRequest]| {
                decide_and_write(work, rules, &input, run, requests).await
            };
            in_halves(work, &input.requests, |request| request.order_id.as_str(), &place).await
        };
        self.writer.write(work).await
    }
}

async fn decide_and_write(
    work: &mut UnitOfWork<'_, '_>,
    rules: ShopRules,
    input: &BatchInput,
    run: BatchRun,
    requests: &[PlaceRequest],
) -> Result<Vec<Result<PlaceDecision, Refusal>>, DbError> {
    let locking = match run {
        BatchRun::First => SkuLocking::for_writers(work.tx.concurrent_writers()),
        BatchRun::AfterUnknownCommit => SkuLocking::First,
    };
    let mut state = read::read_state(work.tx, requests, &input.carts, locking).await?;
    match run {
        BatchRun::First => {}
        BatchRun::AfterUnknownCommit => state.existing = read::find_existing(work.tx, requests).await?,
    }
    let decided = decide_batch(&mut state, rules, requests);
    let sold = match locking {
        SkuLocking::First => SkusSold::Locked,
        SkuLocking::Last => SkusSold::Read(&state.skus),
    };
    let placed: Vec<_> = decided.iter().flatten().filter_map(PlaceDecision::placed).collect();
    write::empty_carts(work.tx, &placed, &input.cleaned).await?;
    write::write_orders(work, &placed, sold).await?;
    Ok(decided)
}
