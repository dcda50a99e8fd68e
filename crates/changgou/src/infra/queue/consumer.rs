//! Consuming payment results.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, Consumer};
use tokio::time::timeout;

use super::connection::close_connection;
use super::publish::{ReturnUnroutable, properties, publish};
use super::{Broker, BrokerError};

/// The header with the reason of a dead letter.
const REASON: &str = "x-changgou-reason";

/// Timeout of publishing a dead letter.
const BURY: Duration = Duration::from_secs(10);

/// Payment results until the connection is lost.
pub struct ResultConsumer {
    broker: Broker,
    connection: Connection,
    consumer: Consumer,
}

/// A delivered message. Without an acknowledgement it is delivered again.
pub struct BrokerDelivery {
    broker: Broker,
    inner: lapin::message::Delivery,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadLetterOutcome {
    /// It is in the dead letter queue.
    Yes,
    /// The broker did not confirm it; the message stays in its queue.
    NotYet,
}

impl Broker {
    /// Starts consuming payment results, with at most `most` unacknowledged.
    pub async fn consume_payment_results(&self, most: u16) -> Result<ResultConsumer, BrokerError> {
        self.ensure_connected().await?;
        let queue = self.0.names.queue.clone();
        let opening = async {
            let connection = self.dial().await?;
            let channel = connection.create_channel().await?;
            channel.basic_qos(most, BasicQosOptions::default()).await?;
            let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
            let consumer = channel.basic_consume(queue, "".into(), options, arguments).await?;
            Ok((connection, consumer))
        };
        let (connection, consumer) = self.with_timeout(opening).await?;
        Ok(ResultConsumer { broker: self.clone(), connection, consumer })
    }
}

impl ResultConsumer {
    /// `None` when the connection is lost.
    pub async fn next(&mut self) -> Option<BrokerDelivery> {
        match self.consumer.next().await? {
            Ok(inner) => Some(BrokerDelivery { broker: self.broker.clone(), inner }),
            Err(error) => {
                tracing::debug!(%error, "the consumer of payment results was closed");
                None
            }
        }
    }

    /// Unacknowledged messages are delivered to another consumer.
    pub async fn close(self) {
        close_connection(&self.connection).await;
    }
}

impl BrokerDelivery {
    pub fn body(&self) -> &[u8] {
        &self.inner.data
    }

    pub async fn acknowledge(&self) {
        if let Err(error) = self.inner.acker.ack(BasicAckOptions::default()).await {
            tracing::debug!(%error, "the acknowledgement was lost; the message is delivered again");
        }
    }

    /// Moves an unusable message to the dead letter queue, with the reason in a header.
    pub async fn move_to_dead_letters(&self, reason: &str) -> DeadLetterOutcome {
        match timeout(BURY, self.publish_dead_letter(reason)).await {
            Ok(Ok(true)) => {
                self.acknowledge().await;
                DeadLetterOutcome::Yes
            }
            Ok(Ok(false)) | Err(_) => DeadLetterOutcome::NotYet,
            Ok(Err(trouble)) => {
                tracing::debug!(%trouble, "a dead letter was not confirmed");
                DeadLetterOutcome::NotYet
            }
        }
    }

    /// The copy is confirmed before the message is acknowledged.
    async fn publish_dead_letter(&self, reason: &str) -> Result<bool, BrokerError> {
        let connection = self.broker.connection().await?;
        let id = self.inner.properties.message_id().as_ref().map_or("", |id| id.as_str());
        let mut headers = FieldTable::default();
        headers.insert(REASON.into(), AMQPValue::LongString(reason.into()));
        let properties = properties("text/plain", id).with_headers(headers);
        let names = &self.broker.0.names;
        let (exchange, key) = (names.dead.clone(), names.dead_queue.clone());
        let sent = publish(&connection, exchange, key, ReturnUnroutable(true), self.body(), properties).await;
        let confirm = sent.map_err(|error| self.broker.to_broker_error(&error))?;
        let confirmed = confirm.await.map_err(|error| self.broker.to_broker_error(&error))?;
        Ok(confirmed.is_ack() && confirmed.take_message().is_none())
    }
}
