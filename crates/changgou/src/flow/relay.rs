//! Sends messages from the outbox to the broker, and tells how far that is.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::flow::{App, Outcome};
use crate::infra::db::{Db, DbError};
use crate::infra::queue::{Broker, BrokerStatus, OutgoingMessage, PublishOutcome};
use crate::store::outbox::{self, Message, RETRY_PAUSE_MAX};

/// Messages of one turn.
const BATCH_MAX: i64 = 256;

/// What one turn of the relay did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelayTurn {
    pub claimed: usize,
    /// Messages the broker has confirmed.
    pub confirmed: usize,
}

/// Sends what is due, up to a bound. What is not confirmed stays in the outbox.
pub async fn send_batch(app: &App) -> Outcome<RelayTurn> {
    let Some(broker) = &app.broker else { return Ok(RelayTurn::default()) };
    let (claim, now) = (app.id(), app.now());
    let messages = app.db.write(async move |tx| outbox::claim(tx, claim, now, BATCH_MAX).await).await?;
    if messages.is_empty() {
        return Ok(RelayTurn::default());
    }
    let outcomes = broker.publish(&messages.iter().map(outgoing_message).collect::<Vec<_>>()).await;
    let confirmed = record_outcomes(app, claim, &messages, &outcomes).await?;
    Ok(RelayTurn { claimed: messages.len(), confirmed })
}

fn outgoing_message(message: &Message) -> OutgoingMessage<'_> {
    let Message { id, destination, routing_key, body, created, .. } = message;
    OutgoingMessage { id: *id, destination: *destination, routing_key, body, at: *created }
}

/// Deletes what was confirmed and releases the rest. What could not be sent is due at
/// once, so that it goes before newer messages; what the broker rejected is due after
/// a growing pause.
async fn record_outcomes(
    app: &App,
    claim: Id,
    messages: &[Message],
    outcomes: &[PublishOutcome],
) -> Outcome<usize> {
    let now = app.now();
    let ids_with = |wanted: &[PublishOutcome]| -> Vec<Id> {
        let fits = messages.iter().zip(outcomes).filter(|(_, outcome)| wanted.contains(outcome));
        fits.map(|(message, _)| message.id).collect()
    };
    let (confirmed, unsent) = (ids_with(&[PublishOutcome::Confirmed]), ids_with(&[PublishOutcome::Unsent]));
    let is_rejected =
        |outcome: &PublishOutcome| matches!(outcome, PublishOutcome::Returned | PublishOutcome::Refused);
    let rejected = messages.iter().zip(outcomes).filter(|(_, outcome)| is_rejected(outcome));
    let mut postponed: BTreeMap<UtcMs, Vec<Id>> = BTreeMap::new();
    for (message, _) in rejected {
        postponed.entry(now.plus(pause_after(message.tries))).or_default().push(message.id);
    }
    let count = confirmed.len();
    app.db
        .write(async move |tx| {
            outbox::delete_confirmed(tx, &confirmed).await?;
            outbox::release(tx, claim, &unsent, now).await?;
            for (at, ids) in &postponed {
                outbox::release(tx, claim, ids, *at).await?;
            }
            Ok::<_, DbError>(())
        })
        .await?;
    Ok(count)
}

/// 1 s, then twice as long each time.
fn pause_after(tries: i64) -> Duration {
    let doublings = u32::try_from(tries.clamp(0, 10)).unwrap_or(10);
    Duration::from_secs(1 << doublings).min(RETRY_PAUSE_MAX)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxBacklog {
    pub messages: i64,
    /// How long the oldest message has waited.
    pub oldest: Duration,
}

/// How many messages wait in the outbox, and for how long the oldest has.
pub async fn backlog(db: &Db, now: UtcMs) -> Outcome<OutboxBacklog> {
    let (messages, oldest) = db.read(async move |tx| outbox::backlog(tx).await).await?;
    let oldest = oldest.map_or(Duration::ZERO, |at| now.since(UtcMs(at)));
    Ok(OutboxBacklog { messages, oldest })
}

/// Why messages are late, in one word; `None` if they are not. The log says more.
pub fn problem(broker: &Broker) -> Option<&'static str> {
    match broker.status() {
        BrokerStatus::Untried | BrokerStatus::Up => None,
        BrokerStatus::Full => Some("full"),
        BrokerStatus::Away(_) => Some("away"),
    }
}
