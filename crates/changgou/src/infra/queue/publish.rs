//! Publishing: many messages on their way at once, each confirmed or not.

use std::sync::Arc;
use std::time::Duration;

use lapin::options::BasicPublishOptions;
use lapin::types::{FieldTable, ShortString};
use lapin::{BasicProperties, Confirmation, PublisherConfirm};
use tokio::time::{Instant, timeout_at};

use super::connection::BrokerConnection;
use super::{Broker, BrokerStatus, MessageDestination};
use crate::domain::clock::UtcMs;
use crate::domain::id::Id;

/// How long a broker may take to confirm all that was sent together. A broker
/// that is killed never answers.
const CONFIRM: Duration = Duration::from_secs(10);

/// The mark of messages that outlive a restart of the broker.
const PERSISTENT: u8 = 2;

/// A message on its way out.
#[derive(Clone, Copy, Debug)]
pub struct OutgoingMessage<'a> {
    /// By which receivers know copies.
    pub id: Id,
    /// Where it goes.
    pub destination: MessageDestination,
    /// By which it is routed there.
    pub routing_key: &'a str,
    /// What it says, JSON.
    pub body: &'a str,
    /// When what it tells of happened.
    pub at: UtcMs,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishOutcome {
    /// The broker has it for good.
    Confirmed,
    /// The broker has no queue for it and gave it back.
    Returned,
    /// The broker could not keep it.
    Refused,
    /// Not known to have arrived: the broker is away, full or silent.
    Unsent,
}

impl Broker {
    /// Sends messages in this order and waits until each is confirmed or not.
    pub async fn publish(&self, messages: &[OutgoingMessage<'_>]) -> Vec<PublishOutcome> {
        let nothing = vec![PublishOutcome::Unsent; messages.len()];
        let Ok(line) = self.line().await else { return nothing };
        if self.is_full(&line) {
            return nothing;
        }
        let deadline = Instant::now() + CONFIRM;
        let mut confirms = Vec::with_capacity(messages.len());
        let sending = async {
            for message in messages {
                confirms.push(self.send(&line, message).await?);
            }
            Ok::<_, lapin::Error>(())
        };
        let sent = timeout_at(deadline, sending).await;
        if let Ok(Err(error)) = &sent {
            tracing::debug!(%error, "the connection to the broker is lost");
        }
        let mut fates = fates(confirms, deadline).await;
        fates.resize(messages.len(), PublishOutcome::Unsent);
        self.after(&line, &fates).await;
        fates
    }

    /// Events nobody listens to are the broker's to drop; a payment result
    /// without its queue comes back.
    async fn send(
        &self,
        line: &BrokerConnection,
        message: &OutgoingMessage<'_>,
    ) -> Result<PublisherConfirm, lapin::Error> {
        let OutgoingMessage { id, destination, routing_key, body, at } = *message;
        metrics::counter!("changgou_broker_published_total", "destination" => destination.word())
            .increment(1);
        let (mandatory, content_type) = match destination {
            MessageDestination::Events => (false, "application/json"),
            // A listener of the Java shop takes text for a String and JSON for bytes.
            MessageDestination::PaymentResults => (true, "text/plain"),
        };
        let properties = properties(content_type, &id.to_string())
            .with_type(routing_key.into())
            .with_timestamp(at.0.unsigned_abs() / 1000);
        let exchange = self.0.names.exchange(destination);
        publish(line, exchange, routing_key.into(), ReturnUnroutable(mandatory), body.as_bytes(), properties)
            .await
    }

    fn is_full(&self, line: &BrokerConnection) -> bool {
        let full = line.is_blocked();
        self.note(if full { BrokerStatus::Full } else { BrokerStatus::Up });
        full
    }

    /// Counts what became of the messages. A connection that did not deliver is
    /// given up, unless the broker has said that it will read on later.
    async fn after(&self, line: &Arc<BrokerConnection>, fates: &[PublishOutcome]) {
        for fate in fates {
            metrics::counter!("changgou_broker_fates_total", "fate" => fate.word()).increment(1);
        }
        if fates.iter().all(|fate| *fate == PublishOutcome::Confirmed) || self.is_full(line) {
            return;
        }
        self.hang_up(line).await;
        if fates.contains(&PublishOutcome::Unsent) {
            self.note(BrokerStatus::Away(format!("{}: the connection is lost or silent", self.shown())));
        }
    }
}

impl PublishOutcome {
    fn word(self) -> &'static str {
        match self {
            PublishOutcome::Confirmed => "confirmed",
            PublishOutcome::Returned => "returned",
            PublishOutcome::Refused => "refused",
            PublishOutcome::Unsent => "unsent",
        }
    }
}

async fn fates(confirms: Vec<PublisherConfirm>, deadline: Instant) -> Vec<PublishOutcome> {
    let mut fates = Vec::with_capacity(confirms.len());
    for confirm in confirms {
        fates.push(match timeout_at(deadline, confirm).await {
            Ok(Ok(Confirmation::Ack(None))) => PublishOutcome::Confirmed,
            Ok(Ok(Confirmation::Ack(Some(_)))) => PublishOutcome::Returned,
            Ok(Ok(Confirmation::Nack(_))) => PublishOutcome::Refused,
            Ok(Ok(Confirmation::NotRequested) | Err(_)) | Err(_) => PublishOutcome::Unsent,
        });
    }
    fates
}

/// Whether a message that no queue takes comes back.
#[derive(Clone, Copy)]
pub(super) struct ReturnUnroutable(pub(super) bool);

/// The properties of every message: persistent, with its number.
pub(super) fn properties(content_type: &str, id: &str) -> BasicProperties {
    BasicProperties::default()
        .with_content_type(content_type.into())
        .with_content_encoding("UTF-8".into())
        .with_delivery_mode(PERSISTENT)
        .with_message_id(id.into())
        .with_app_id("changgou".into())
        .with_headers(FieldTable::default())
}

/// Hands one message to the connection; the broker's confirmation comes later.
pub(super) async fn publish(
    line: &BrokerConnection,
    exchange: ShortString,
    key: ShortString,
    ReturnUnroutable(mandatory): ReturnUnroutable,
    body: &[u8],
    properties: BasicProperties,
) -> Result<PublisherConfirm, lapin::Error> {
    let options = BasicPublishOptions { mandatory, ..BasicPublishOptions::default() };
    line.channel.basic_publish(exchange, key, options, body, properties).await
}
