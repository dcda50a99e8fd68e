//! The queue of evidence. What waits in it is settled in one transaction.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::batch;
use super::outcome::{EvidenceSource, SettleOutcome, SettleRequest};
use crate::domain::limits::{SETTLE_BATCH_MAX, SETTLE_QUEUE_MAX};
use crate::flow::Outcome;
use crate::flow::batcher::{BatchedCall, Batcher, in_halves};
use crate::flow::unit_of_work::{UnitOfWork, Writer};
use crate::infra::db::DbError;
use crate::infra::gateway::Evidence;

/// How long the worker pauses after a batch, as a multiple of the batch's duration.
/// The larger a batch, the less each payment costs, and others need the database too:
/// during the pause the next batch fills. A single payment causes no pause.
const PAUSE_FACTOR: u32 = 3;

/// The longest pause. WeChat waits five seconds for its answer.
const PAUSE_MAX: Duration = Duration::from_secs(1);

pub struct SettleQueue {
    calls: Batcher<SettleRequest, SettleOutcome>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

impl SettleQueue {
    /// Starts the worker that settles.
    pub fn open(writer: Writer) -> SettleQueue {
        let (calls, waiting) = Batcher::open(SETTLE_QUEUE_MAX);
        let worker = tokio::spawn(work(writer, waiting));
        SettleQueue { calls, worker: Mutex::new(Some(worker)) }
    }

    /// Settles verified evidence, and returns once that is committed.
    pub async fn settle(&self, evidence: Evidence, source: EvidenceSource) -> Outcome<SettleOutcome> {
        let number = evidence.out_trade_no.clone();
        let settled = self.calls.call(SettleRequest { evidence, source }).await?;
        metrics::counter!(crate::infra::metrics::SETTLED, "outcome" => settled.word()).increment(1);
        tracing::info!(out_trade_no = number, outcome = settled.word(), "evidence of a payment");
        Ok(settled)
    }

    /// Takes no more evidence, and waits until what is queued is settled.
    pub async fn finish(&self) {
        self.calls.close();
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(worker) = worker else { return };
        if let Err(error) = worker.await {
            tracing::error!(%error, "the worker that settles payments panicked");
        }
    }
}

async fn work(writer: Writer, mut queue: mpsc::Receiver<BatchedCall<SettleRequest, SettleOutcome>>) {
    let mut waiting = Vec::with_capacity(SETTLE_BATCH_MAX);
    while queue.recv_many(&mut waiting, SETTLE_BATCH_MAX).await > 0 {
        let (requests, answers): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
        let (count, begun) = (requests.len(), Instant::now());
        let settled = settle_batch(&writer, requests).await;
        for (settled, answer) in settled.into_iter().zip(answers) {
            // The caller may be gone; what is settled stays settled.
            let _ = answer.send(settled);
        }
        if count > 1 {
            sleep((begun.elapsed() * PAUSE_FACTOR).min(PAUSE_MAX)).await;
        }
    }
}

async fn settle_batch(writer: &Writer, requests: Vec<SettleRequest>) -> Vec<Result<SettleOutcome, DbError>> {
    let (count, requests) = (requests.len(), Arc::new(requests));
    metrics::histogram!(crate::infra::metrics::SETTLED_TOGETHER)
        .record(u32::try_from(count).unwrap_or(u32::MAX));
    let work = async move |work: &mut UnitOfWork<'_, '_>| {
        let settle =
            async |work: &mut UnitOfWork<'_, '_>, some: &[SettleRequest]| batch::settle(work, some).await;
        in_halves(work, &requests, |request| &request.evidence.out_trade_no, &settle).await
    };
    writer.write(work).await.unwrap_or_else(|error| vec![Err(error); count])
}
