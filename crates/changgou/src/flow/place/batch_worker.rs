//! Where requests queue up. While one batch commits, the next gathers; an idle
//! shop places one order at once.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

use super::batch_queue::{BatchQueue, PlaceResult};
use super::decide::{PlaceDecision, decide};
use super::read::{CartsRead, SkuLocking};
use super::write::SkusSold;
use super::{PlaceRequest, read, write};
use crate::domain::id::OrderId;
use crate::domain::limits::PLACE_QUEUE_MAX;
use crate::domain::refusal::Refusal;
use crate::flow::Outcome;
use crate::flow::batcher::{Batcher, in_halves};
use crate::flow::events::EventOutlet;
use crate::infra::cache::Cache;
use crate::infra::db::{Db, DbError, Tx};
use crate::infra::settings::ShopRules;
use crate::store::cart::purchased::Taken;
use crate::store::cart::{cleanup, redis_cart};

/// The line before the tills.
pub struct PlaceQueue {
    line: Batcher<PlaceRequest, Result<PlaceDecision, Refusal>>,
    tills: Mutex<JoinSet<()>>,
}

/// Tills that work side by side where the database lets them: while one waits
/// for its commit, the other reads and writes what is its orders' alone.
const TILLS: usize = 2;

impl PlaceQueue {
    /// Opens tills that place at most `most` orders in one transaction each.
    pub fn open(till: &BatchWorker, most: usize) -> PlaceQueue {
        let (line, waiting) = Batcher::open(PLACE_QUEUE_MAX);
        let count = if till.db.has_rivals() { TILLS } else { 1 };
        let waiting = Arc::new(BatchQueue::of(waiting, count));
        let mut tills = JoinSet::new();
        for _ in 0..count {
            tills.spawn(work(till.clone(), most, waiting.clone()));
        }
        PlaceQueue { line, tills: Mutex::new(tills) }
    }

    /// Takes no more requests, and waits until those that were taken are placed.
    pub async fn finish(&self) {
        self.line.close();
        let mut tills = std::mem::take(&mut *self.tills.lock().unwrap_or_else(PoisonError::into_inner));
        while let Some(done) = tills.join_next().await {
            if let Err(error) = done {
                tracing::error!(%error, "a till had broken off");
            }
        }
    }

    /// Waits until the request is decided and committed.
    pub async fn place(&self, request: PlaceRequest) -> Outcome<PlaceDecision> {
        Ok(self.line.ask(request).await??)
    }
}

/// What a till works with.
#[derive(Clone)]
pub struct BatchWorker {
    /// Where orders are written.
    pub db: Db,
    /// Where the carts are, unless they are in the database.
    pub cache: Option<Cache>,
    /// What the owner decided.
    pub rules: ShopRules,
    /// Where other systems are told.
    pub outlet: EventOutlet,
}

async fn work(till: BatchWorker, most: usize, queue: Arc<BatchQueue>) {
    let mut gone = Vec::new();
    loop {
        let (batch, at_work) = queue.next(most).await;
        if batch.is_empty() {
            return;
        }
        let (requests, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let placed = place_all(&till, requests, &mut gone).await;
        drop(at_work);
        for (decided, answer) in placed.into_iter().zip(answers) {
            // Whoever asked may have gone away; the order stands.
            let _ = answer.send(decided);
        }
    }
}

/// `gone` names rows whose lines are out of the cache: the next orders that are placed say so.
async fn place_all(
    till: &BatchWorker,
    requests: Vec<PlaceRequest>,
    gone: &mut Vec<OrderId>,
) -> Vec<PlaceResult> {
    let count = requests.len();
    metrics::histogram!(crate::infra::metrics::PLACE_BATCH_ORDERS)
        .record(u32::try_from(count).unwrap_or(u32::MAX));
    let carts = read::carts(till.cache.as_ref(), &requests).await;
    let asked = Arc::new(BatchInput { requests, carts, gone: gone.clone() });
    let placed = match together(till, asked.clone(), BatchRun::First).await {
        Err(DbError::Unsure(why)) => look_again(till, &asked, why).await,
        known => known,
    };
    till.outlet.wake();
    let answers = placed.unwrap_or_else(|error| vec![Err(error); count]);
    if answers.iter().flatten().flatten().any(|decision| decision.placed().is_some()) {
        *gone = take_out(till.cache.as_ref(), &answers).await;
    }
    answers
}

/// Removes from the cache what was bought, and names the rows that owed it.
/// Where that fails they go on owing it, and the worker does it; so too if
/// nobody ever says that it is done.
async fn take_out(cache: Option<&Cache>, answers: &[PlaceResult]) -> Vec<OrderId> {
    let Some(cache) = cache else { return Vec::new() };
    let placed = answers.iter().flatten().flatten().filter_map(PlaceDecision::placed);
    let taken: Vec<&Taken> = placed.flat_map(|one| &one.taken).collect();
    match redis_cart::take_out(cache, taken.iter().copied()).await {
        Ok(()) => cleanup::together(&taken).into_iter().map(|owed| owed.order_id).collect(),
        Err(error) => {
            tracing::warn!(%error, lines = taken.len(), "bought lines stay in their carts for the worker");
            Vec::new()
        }
    }
}

/// The commit was not answered. Only a transaction that looks knows what became
/// of it; as long as none could, nobody is told that nothing was done.
async fn look_again(
    till: &BatchWorker,
    asked: &Arc<BatchInput>,
    why: String,
) -> Result<Vec<PlaceResult>, DbError> {
    for _ in 0..LOOKS {
        match together(till, asked.clone(), BatchRun::Again).await {
            Ok(known) => return Ok(known),
            Err(error) => tracing::warn!(%error, "a batch may be placed or not, and cannot be looked at"),
        }
    }
    Err(DbError::Unsure(why))
}

/// Requests and the carts they are about.
struct BatchInput {
    requests: Vec<PlaceRequest>,
    carts: CartsRead,
    /// Rows of lines that are out of the cache by now.
    gone: Vec<OrderId>,
}

async fn together(
    till: &BatchWorker,
    asked: Arc<BatchInput>,
    turn: BatchRun,
) -> Result<Vec<PlaceResult>, DbError> {
    let (rules, outlet) = (till.rules, till.outlet.clone());
    let work = async move |tx: &mut Tx<'_>| {
        let BatchInput { requests, carts, gone } = &*asked;
        let terms = Terms { rules, outlet: &outlet, carts, gone, turn };
        let some = async |tx: &mut Tx<'_>, some: &[PlaceRequest]| decide_and_write(tx, &terms, some).await;
        in_halves(tx, requests, |request| request.order_id.as_str(), &some).await
    };
    till.db.write(work).await
}

/// On what terms a batch is placed.
struct Terms<'a> {
    rules: ShopRules,
    outlet: &'a EventOutlet,
    carts: &'a CartsRead,
    gone: &'a [OrderId],
    turn: BatchRun,
}

/// Which attempt at a batch this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BatchRun {
    /// None of its orders can be there.
    First,
    /// The commit before was not answered: all of its orders are there, or none.
    Again,
}

/// How often a batch whose commit was not answered is looked at again.
const LOOKS: usize = 3;

async fn decide_and_write(
    tx: &mut Tx<'_>,
    terms: &Terms<'_>,
    requests: &[PlaceRequest],
) -> Result<Vec<Result<PlaceDecision, Refusal>>, DbError> {
    let hold = match terms.turn {
        BatchRun::First => SkuLocking::of(tx.rivals()),
        BatchRun::Again => SkuLocking::First,
    };
    let mut state = read::state(tx, requests, terms.carts, hold).await?;
    match terms.turn {
        BatchRun::First => {}
        BatchRun::Again => state.there = read::there(tx, requests).await?,
    }
    let decided = decide(&mut state, terms.rules, requests);
    let sold = match hold {
        SkuLocking::First => SkusSold::Held,
        SkuLocking::Last => SkusSold::Read(&state.skus),
    };
    let placed: Vec<_> = decided.iter().flatten().filter_map(PlaceDecision::placed).collect();
    write::empty_carts(tx, &placed, terms.gone).await?;
    write::all(tx, terms.outlet, &placed, sold).await?;
    Ok(decided)
}
