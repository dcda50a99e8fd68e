//! The way of messages out of the outbox to the broker, and what a person may
//! know about it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::flow::{App, Outcome};
use crate::infra::db::{Db, DbError};
use crate::infra::queue::{Broker, BrokerStatus, OutgoingMessage, PublishOutcome};
use crate::store::outbox::{self, AGAIN_MAX, Message};

/// Messages that are on their way at once.
const AT_ONCE: i64 = 256;

/// What one turn of the relay did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelayTurn {
    /// Messages that were claimed.
    pub claimed: usize,
    /// Messages the broker has now.
    pub confirmed: usize,
}

/// Sends what is due, up to a bound. What is not confirmed stays in the outbox.
pub async fn step(app: &App) -> Outcome<RelayTurn> {
    let Some(broker) = &app.broker else { return Ok(RelayTurn::default()) };
    let (claim, now) = (app.id(), app.now());
    let messages = app.db.write(async move |tx| outbox::claim(tx, claim, now, AT_ONCE).await).await?;
    if messages.is_empty() {
        return Ok(RelayTurn::default());
    }
    let fates = broker.publish(&messages.iter().map(outgoing).collect::<Vec<_>>()).await;
    let confirmed = put_away(app, claim, &messages, &fates).await?;
    Ok(RelayTurn { claimed: messages.len(), confirmed })
}

fn outgoing(message: &Message) -> OutgoingMessage<'_> {
    let Message { id, destination, routing_key, body, created, .. } = message;
    OutgoingMessage { id: *id, destination: *destination, routing_key, body, at: *created }
}

/// Deletes what was confirmed and frees the rest: what could not be sent at
/// once, so that it goes before all that came later; what the broker did not
/// want later each time.
async fn put_away(app: &App, claim: Id, messages: &[Message], fates: &[PublishOutcome]) -> Outcome<usize> {
    let now = app.now();
    let of = |wanted: &[PublishOutcome]| -> Vec<Id> {
        let fits = messages.iter().zip(fates).filter(|(_, fate)| wanted.contains(fate));
        fits.map(|(message, _)| message.id).collect()
    };
    let (confirmed, unsent) = (of(&[PublishOutcome::Confirmed]), of(&[PublishOutcome::Unsent]));
    let unwanted = messages.iter().zip(fates);
    let unwanted =
        unwanted.filter(|(_, fate)| matches!(fate, PublishOutcome::Returned | PublishOutcome::Refused));
    let mut put_off: BTreeMap<UtcMs, Vec<Id>> = BTreeMap::new();
    for (message, _) in unwanted {
        put_off.entry(now.plus(later(message.tries))).or_default().push(message.id);
    }
    let count = confirmed.len();
    app.db
        .write(async move |tx| {
            outbox::done(tx, &confirmed).await?;
            outbox::again(tx, claim, &unsent, now).await?;
            for (at, ids) in &put_off {
                outbox::again(tx, claim, ids, *at).await?;
            }
            Ok::<_, DbError>(())
        })
        .await?;
    Ok(count)
}

/// 1 s, then twice as long each time.
fn later(tries: i64) -> Duration {
    let doublings = u32::try_from(tries.clamp(0, 10)).unwrap_or(10);
    Duration::from_secs(1 << doublings).min(AGAIN_MAX)
}

/// What waits for the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxBacklog {
    /// Messages in the outbox.
    pub messages: i64,
    /// For how long the oldest of them has waited.
    pub oldest: Duration,
}

/// How many messages wait in the outbox, and for how long the oldest has.
pub async fn waiting(db: &Db, now: UtcMs) -> Outcome<OutboxBacklog> {
    let (messages, oldest) = db.read(async move |tx| outbox::waiting(tx).await).await?;
    let oldest = oldest.map_or(Duration::ZERO, |at| now.since(UtcMs(at)));
    Ok(OutboxBacklog { messages, oldest })
}

/// Why events are late, in a word for anybody; the log says more. `None` if all is well.
pub fn trouble(broker: &Broker) -> Option<&'static str> {
    match broker.standing() {
        BrokerStatus::Untried | BrokerStatus::Up => None,
        BrokerStatus::Full => Some("full"),
        BrokerStatus::Away(_) => Some("away"),
    }
}
