//! Takes payment results from the broker: the shop's own, which come back, and
//! those of a pay service that still runs beside it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::flow::App;
use crate::flow::notice::{NoticeReply, payment_result};
use crate::infra::queue::{Broker, BrokerDelivery, DeadLetterOutcome, ResultConsumer};

/// Messages that are worked on at once.
const AT_ONCE: u16 = 32;

/// How soon a broker that is away is asked again.
const PAUSE: Duration = Duration::from_secs(2);

/// How soon what failed on our side is tried again: a database that is away
/// makes no dead letters.
const AGAIN: Duration = Duration::from_secs(1);

/// Works until `stop` says so, and finishes what it has begun.
pub async fn run(app: Arc<App>, broker: Broker, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match broker.results(AT_ONCE).await {
            Ok(results) => take(&app, results, &mut stop).await,
            Err(trouble) => tracing::debug!(%trouble, "payment results cannot be taken"),
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Takes results as long as the connection stands.
async fn take(app: &Arc<App>, mut results: ResultConsumer, stop: &mut watch::Receiver<bool>) {
    let mut working = JoinSet::new();
    while !*stop.borrow() {
        tokio::select! {
            next = results.next() => match next {
                Some(delivery) => drop(working.spawn(answer(app.clone(), delivery, stop.clone()))),
                None => break,
            },
            Some(done) = working.join_next() => log_panic(done),
            _ = stop.changed() => break,
        }
    }
    while let Some(done) = working.join_next().await {
        log_panic(done);
    }
    results.close().await;
}

fn log_panic(done: Result<(), tokio::task::JoinError>) {
    if let Err(error) = done {
        tracing::error!(%error, "work on a payment result broke off");
    }
}

/// Answers a message once what it asks for is committed, or sets it aside if
/// nothing can come of it. What fails on our side is tried until it works.
async fn answer(app: Arc<App>, delivery: BrokerDelivery, mut stop: watch::Receiver<bool>) {
    while !is_answered(&app, &delivery).await && !*stop.borrow() {
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn is_answered(app: &App, delivery: &BrokerDelivery) -> bool {
    match payment_result(app, delivery.body()).await {
        Ok(NoticeReply::Kept) => {
            delivery.done().await;
            metrics::counter!("changgou_results_total", "outcome" => "kept").increment(1);
            true
        }
        Ok(NoticeReply::Refused(why)) => match delivery.bury(why).await {
            DeadLetterOutcome::Yes => {
                tracing::warn!(why, "a payment result was not believed; it is a dead letter now");
                metrics::counter!("changgou_results_total", "outcome" => why).increment(1);
                true
            }
            DeadLetterOutcome::NotYet => false,
        },
        Err(error) => {
            tracing::error!(%error, "a payment result could not be settled; it is tried again");
            false
        }
    }
}
