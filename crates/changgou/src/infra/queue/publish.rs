//! Publishing many messages at once, with a confirmation for each.

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
use crate::domain::words::word_enum;
use crate::infra::metrics::{BROKER_FATES, BROKER_PUBLISHED};

/// Timeout of confirming all messages of a batch. A killed broker never answers.
const CONFIRM: Duration = Duration::from_secs(10);

/// The delivery mode of messages that survive a restart of the broker.
const PERSISTENT: u8 = 2;

/// A message to be published.
#[derive(Clone, Copy, Debug)]
pub struct OutgoingMessage<'a> {
    /// Consumers recognise duplicates by it.
    pub id: Id,
    pub destination: MessageDestination,
    pub routing_key: &'a str,
    /// JSON.
    pub body: &'a str,
    /// When the event happened.
    pub at: UtcMs,
}

word_enum! {
    pub enum PublishOutcome {
        /// The broker has stored it.
        Confirmed = "confirmed",
        /// The broker has no queue for it.
        Returned = "returned",
        /// The broker could not store it.
        Refused = "refused",
        /// Not confirmed: the broker is not reachable, blocked or silent.
        Unsent = "unsent",
    }
}

impl Broker {
    /// Sends messages in this order and waits for the outcome of each.
    pub async fn publish(&self, messages: &[OutgoingMessage<'_>]) -> Vec<PublishOutcome> {
        let nothing = vec![PublishOutcome::Unsent; messages.len()];
        let Ok(connection) = self.connection().await else { return nothing };
        if self.is_full(&connection) {
            return nothing;
        }
        let deadline = Instant::now() + CONFIRM;
        let mut confirms = Vec::with_capacity(messages.len());
        let sending = async {
            for message in messages {
                confirms.push(self.send(&connection, message).await?);
            }
            Ok::<_, lapin::Error>(())
        };
        let sent = timeout_at(deadline, sending).await;
        if let Ok(Err(error)) = &sent {
            tracing::debug!(%error, "the connection to the broker is lost");
        }
        let mut fates = await_confirms(confirms, deadline).await;
        fates.resize(messages.len(), PublishOutcome::Unsent);
        self.record_outcomes(&connection, &fates).await;
        fates
    }

    /// The broker drops events without a queue; it returns a payment result without a queue.
    async fn send(
        &self,
        connection: &BrokerConnection,
        message: &OutgoingMessage<'_>,
    ) -> Result<PublisherConfirm, lapin::Error> {
        let OutgoingMessage { id, destination, routing_key, body, at } = *message;
        metrics::counter!(BROKER_PUBLISHED, "destination" => destination.word()).increment(1);
        let (mandatory, content_type) = match destination {
            MessageDestination::Events => (false, "application/json"),
            // The Java shop's listener reads text as a String and JSON as bytes.
            MessageDestination::PaymentResults => (true, "text/plain"),
        };
        let properties = properties(content_type, &id.to_string())
            .with_type(routing_key.into())
            .with_timestamp(at.0.unsigned_abs() / 1000);
        let exchange = self.0.names.exchange(destination);
        publish(
            connection,
            exchange,
            routing_key.into(),
            ReturnUnroutable(mandatory),
            body.as_bytes(),
            properties,
        )
        .await
    }

    fn is_full(&self, connection: &BrokerConnection) -> bool {
        let full = connection.is_blocked();
        self.set_status(if full { BrokerStatus::Full } else { BrokerStatus::Up });
        full
    }

    /// Counts the outcomes. A connection that did not deliver is dropped, unless the broker has only
    /// blocked it.
    async fn record_outcomes(&self, connection: &Arc<BrokerConnection>, fates: &[PublishOutcome]) {
        for fate in fates {
            metrics::counter!(BROKER_FATES, "fate" => fate.word()).increment(1);
        }
        if fates.iter().all(|fate| *fate == PublishOutcome::Confirmed) || self.is_full(connection) {
            return;
        }
        self.drop_connection(connection).await;
        if fates.contains(&PublishOutcome::Unsent) {
            self.set_status(BrokerStatus::Away(format!(
                "{}: the connection is lost or silent",
                self.redacted_url()
            )));
        }
    }
}

async fn await_confirms(confirms: Vec<PublisherConfirm>, deadline: Instant) -> Vec<PublishOutcome> {
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

/// Whether the broker returns a message without a queue.
#[derive(Clone, Copy)]
pub(super) struct ReturnUnroutable(pub(super) bool);

/// The properties of a message: persistent, with its id.
pub(super) fn properties(content_type: &str, id: &str) -> BasicProperties {
    BasicProperties::default()
        .with_content_type(content_type.into())
        .with_content_encoding("UTF-8".into())
        .with_delivery_mode(PERSISTENT)
        .with_message_id(id.into())
        .with_app_id("changgou".into())
        .with_headers(FieldTable::default())
}

/// Sends one message; the confirmation comes later.
pub(super) async fn publish(
    connection: &BrokerConnection,
    exchange: ShortString,
    key: ShortString,
    ReturnUnroutable(mandatory): ReturnUnroutable,
    body: &[u8],
    properties: BasicProperties,
) -> Result<PublisherConfirm, lapin::Error> {
    let options = BasicPublishOptions { mandatory, ..BasicPublishOptions::default() };
    connection.channel.basic_publish(exchange, key, options, body, properties).await
}
