//! Payment results as they come in, one after another.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, Consumer};
use tokio::time::timeout;

use super::connection::part;
use super::publish::{ReturnUnroutable, properties, publish};
use super::{Broker, BrokerError};

/// The header in which a dead letter says why it is one.
const REASON: &str = "x-changgou-reason";

/// How long the broker may take to keep a dead letter.
const BURY: Duration = Duration::from_secs(10);

/// The results of payments, as long as the connection stands.
pub struct ResultConsumer {
    broker: Broker,
    connection: Connection,
    consumer: Consumer,
}

/// A message that was delivered and waits for its answer. One that gets none
/// is delivered again.
pub struct BrokerDelivery {
    broker: Broker,
    inner: lapin::message::Delivery,
}

/// Whether a dead letter is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadLetterOutcome {
    /// It is in the queue of dead letters.
    Yes,
    /// The broker did not take it; it stays where it was.
    NotYet,
}

impl Broker {
    /// Begins to take payment results, at most `most` of them unanswered.
    pub async fn results(&self, most: u16) -> Result<ResultConsumer, BrokerError> {
        self.greet().await?;
        let queue = self.0.names.queue.clone();
        let opening = async {
            let connection = self.dial().await?;
            let channel = connection.create_channel().await?;
            channel.basic_qos(most, BasicQosOptions::default()).await?;
            let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
            let consumer = channel.basic_consume(queue, "".into(), options, arguments).await?;
            Ok((connection, consumer))
        };
        let (connection, consumer) = self.in_time(opening).await?;
        Ok(ResultConsumer { broker: self.clone(), connection, consumer })
    }
}

impl ResultConsumer {
    /// The next one; `None` when the connection is lost.
    pub async fn next(&mut self) -> Option<BrokerDelivery> {
        match self.consumer.next().await? {
            Ok(inner) => Some(BrokerDelivery { broker: self.broker.clone(), inner }),
            Err(error) => {
                tracing::debug!(%error, "payment results are no longer delivered");
                None
            }
        }
    }

    /// Says goodbye; what has no answer yet is delivered to another.
    pub async fn close(self) {
        part(&self.connection).await;
    }
}

impl BrokerDelivery {
    /// What it says.
    pub fn body(&self) -> &[u8] {
        &self.inner.data
    }

    /// It is taken care of for good.
    pub async fn done(&self) {
        if let Err(error) = self.inner.acker.ack(BasicAckOptions::default()).await {
            tracing::debug!(%error, "an answer did not arrive; the message comes again");
        }
    }

    /// Sets a message aside that nobody can use, with the reason in its header.
    pub async fn bury(&self, reason: &str) -> DeadLetterOutcome {
        match timeout(BURY, self.moved(reason)).await {
            Ok(Ok(true)) => {
                self.done().await;
                DeadLetterOutcome::Yes
            }
            Ok(Ok(false)) | Err(_) => DeadLetterOutcome::NotYet,
            Ok(Err(trouble)) => {
                tracing::debug!(%trouble, "a dead letter is not kept yet");
                DeadLetterOutcome::NotYet
            }
        }
    }

    /// The copy is confirmed before the message itself is given up.
    async fn moved(&self, reason: &str) -> Result<bool, BrokerError> {
        let line = self.broker.line().await?;
        let id = self.inner.properties.message_id().as_ref().map_or("", |id| id.as_str());
        let mut headers = FieldTable::default();
        headers.insert(REASON.into(), AMQPValue::LongString(reason.into()));
        let properties = properties("text/plain", id).with_headers(headers);
        let names = &self.broker.0.names;
        let (exchange, key) = (names.dead.clone(), names.dead_queue.clone());
        let sent = publish(&line, exchange, key, ReturnUnroutable(true), self.body(), properties).await;
        let confirm = sent.map_err(|error| self.broker.trouble(&error))?;
        let confirmed = confirm.await.map_err(|error| self.broker.trouble(&error))?;
        Ok(confirmed.is_ack() && confirmed.take_message().is_none())
    }
}
