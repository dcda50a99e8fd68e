//! Consumes payment results from the broker: those the shop has sent itself, and those of
//! a pay service of the Java shop that still runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::flow::App;
use crate::flow::notice::{NoticeReply, payment_result};
use crate::infra::queue::{Broker, BrokerDelivery, DeadLetterOutcome, ResultConsumer};

/// Messages that are processed at the same time.
const CONCURRENCY: u16 = 32;

/// Pause before a broker that is unreachable is tried again.
const RECONNECT_PAUSE: Duration = Duration::from_secs(2);

/// Pause before a message that failed in the shop is tried again. It is never a dead
/// letter just because the database is down.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Runs until `stop`, and finishes the messages it has taken.
pub async fn run(app: Arc<App>, broker: Broker, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match broker.consume_payment_results(CONCURRENCY).await {
            Ok(results) => consume(&app, results, &mut stop).await,
            Err(trouble) => tracing::debug!(%trouble, "payment results cannot be consumed"),
        }
        tokio::select! {
            () = tokio::time::sleep(RECONNECT_PAUSE) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Consumes results until the connection closes or `stop`.
async fn consume(app: &Arc<App>, mut results: ResultConsumer, stop: &mut watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    while !*stop.borrow() {
        tokio::select! {
            next = results.next() => match next {
                Some(delivery) => drop(tasks.spawn(process(app.clone(), delivery, stop.clone()))),
                None => break,
            },
            Some(done) = tasks.join_next() => log_panic(done),
            _ = stop.changed() => break,
        }
    }
    while let Some(done) = tasks.join_next().await {
        log_panic(done);
    }
    results.close().await;
}

fn log_panic(done: Result<(), tokio::task::JoinError>) {
    if let Err(error) = done {
        tracing::error!(%error, "the processing of a payment result panicked");
    }
}

/// Processes a message until it is acknowledged or a dead letter.
async fn process(app: Arc<App>, delivery: BrokerDelivery, mut stop: watch::Receiver<bool>) {
    while !is_processed(&app, &delivery).await && !*stop.borrow() {
        tokio::select! {
            () = tokio::time::sleep(RETRY_PAUSE) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn is_processed(app: &App, delivery: &BrokerDelivery) -> bool {
    match payment_result(app, delivery.body()).await {
        Ok(NoticeReply::Kept) => {
            delivery.acknowledge().await;
            metrics::counter!(crate::infra::metrics::RESULTS, "outcome" => "kept").increment(1);
            true
        }
        Ok(NoticeReply::Refused(why)) => match delivery.move_to_dead_letters(why).await {
            DeadLetterOutcome::Yes => {
                tracing::warn!(why, "a payment result was refused and is a dead letter now");
                metrics::counter!(crate::infra::metrics::RESULTS, "outcome" => why).increment(1);
                true
            }
            DeadLetterOutcome::NotYet => false,
        },
        Err(error) => {
            tracing::error!(%error, "a payment result cannot be settled; it is tried again");
            false
        }
    }
}
