//! Where evidence queues up. What waits is settled together, in one transaction.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::{EvidenceSource, SettleOutcome, batch};
use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId};
use crate::domain::limits::{SETTLE_QUEUE_MAX, SETTLED_TOGETHER_MAX};
use crate::flow::batcher::{BatchedCall, Batcher, in_halves};
use crate::flow::coupon::{GRANTS_MAX, reward_ids};
use crate::flow::events::EventOutlet;
use crate::flow::refund::RefundIds;
use crate::flow::{App, Outcome};
use crate::infra::db::{Db, DbError, Tx};
use crate::infra::gateway::Evidence;

/// Evidence that is to be settled, and numbers for what that writes.
#[derive(Debug)]
pub struct SettleRequest {
    pub(super) evidence: Evidence,
    pub(super) source: EvidenceSource,
    pub(super) event_id: Id,
    pub(super) flag_id: Id,
    pub(super) notice_id: Id,
    pub(super) rewards: [[Id; 2]; GRANTS_MAX],
    pub(super) numbers: RefundIds,
    pub(super) at: UtcMs,
}

impl SettleRequest {
    pub(super) fn of(app: &App, evidence: Evidence, source: EvidenceSource) -> SettleRequest {
        SettleRequest {
            evidence,
            source,
            event_id: app.id(),
            flag_id: app.id(),
            notice_id: app.id(),
            rewards: reward_ids(app),
            numbers: RefundIds::of(app),
            at: app.now(),
        }
    }
}

/// How evidence was settled.
#[derive(Clone, Debug)]
pub struct SettleResult {
    pub(super) settled: SettleOutcome,
    /// The order, if it changed.
    pub(super) order: Option<OrderId>,
}

/// The line of evidence.
pub struct SettleQueue {
    line: Batcher<SettleRequest, SettleResult>,
    till: Mutex<Option<JoinHandle<()>>>,
}

impl SettleQueue {
    /// Opens the till that settles.
    pub fn open(db: Db, outlet: EventOutlet) -> SettleQueue {
        let (line, waiting) = Batcher::open(SETTLE_QUEUE_MAX);
        let till = tokio::spawn(work(db, outlet, waiting));
        SettleQueue { line, till: Mutex::new(Some(till)) }
    }

    /// Waits until the evidence is settled, and that committed.
    pub(super) async fn ask(&self, asked: SettleRequest) -> Outcome<SettleResult> {
        Ok(self.line.ask(asked).await?)
    }

    /// Takes no more evidence, and waits until what was taken is settled.
    pub async fn finish(&self) {
        self.line.close();
        let till = self.till.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(till) = till else { return };
        if let Err(error) = till.await {
            tracing::error!(%error, "the till that settles had broken off");
        }
    }
}

async fn work(
    db: Db,
    outlet: EventOutlet,
    mut queue: mpsc::Receiver<BatchedCall<SettleRequest, SettleResult>>,
) {
    let mut waiting = Vec::with_capacity(SETTLED_TOGETHER_MAX);
    while queue.recv_many(&mut waiting, SETTLED_TOGETHER_MAX).await > 0 {
        let (asked, answers): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
        let (count, begun) = (asked.len(), Instant::now());
        let settled = settle(&db, &outlet, asked).await;
        for (settled, answer) in settled.into_iter().zip(answers) {
            // Whoever asked may have gone away; what is settled stays so.
            let _ = answer.send(settled);
        }
        if count > 1 {
            sleep((begun.elapsed() * RESTS).min(REST_MAX)).await;
        }
    }
}

/// How often as long as a set took the till rests after it. A set costs the less
/// a payment the larger it is, and others want to write: while the till rests,
/// the next set gathers. One payment alone is none, and makes nobody wait.
const RESTS: u32 = 3;

/// The longest rest. WeChat waits five seconds for its answer.
const REST_MAX: Duration = Duration::from_secs(1);

async fn settle(
    db: &Db,
    outlet: &EventOutlet,
    asked: Vec<SettleRequest>,
) -> Vec<Result<SettleResult, DbError>> {
    let (count, outlet, asked) = (asked.len(), outlet.clone(), Arc::new(asked));
    metrics::histogram!(crate::infra::metrics::SETTLED_TOGETHER)
        .record(u32::try_from(count).unwrap_or(u32::MAX));
    let work = async move |tx: &mut Tx<'_>| {
        let some = async |tx: &mut Tx<'_>, some: &[SettleRequest]| batch::settle(tx, &outlet, some).await;
        in_halves(tx, &asked, |one| &one.evidence.out_trade_no, &some).await
    };
    db.write(work).await.unwrap_or_else(|error| vec![Err(error); count])
}
