//! Administration: queue depths and dead letters.

use std::time::Duration;

use lapin::Channel;
use lapin::options::{BasicAckOptions, BasicGetOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};
use tokio::time::timeout;

use super::connection::BrokerConnection;
use super::publish::{ReturnUnroutable, properties, publish};
use super::topology::RESULT_KEY;
use super::{Broker, BrokerError};

/// Timeout of moving one dead letter.
const MOVE: Duration = Duration::from_secs(10);

/// Waiting messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueDepth {
    /// Payment results.
    pub results: u32,
    pub dead: u32,
}

impl Broker {
    pub async fn count_messages(&self) -> Result<QueueDepth, BrokerError> {
        let connection = self.connection().await?;
        let names = &self.0.names;
        let looking = async {
            let channel = connection.connection.create_channel().await?;
            let results = message_count(&channel, &names.queue).await?;
            let dead = message_count(&channel, &names.dead_queue).await?;
            Ok(QueueDepth { results, dead })
        };
        self.with_timeout(looking).await
    }

    /// Moves up to `most` dead letters back to their queue and returns how many.
    pub async fn replay(&self, most: u32) -> Result<u32, BrokerError> {
        let (connection, depth) = (self.connection().await?, self.count_messages().await?);
        let channel =
            connection.connection.create_channel().await.map_err(|error| self.to_broker_error(&error))?;
        for moved in 0..most.min(depth.dead) {
            let one = timeout(MOVE, self.replay_one(&connection, &channel)).await;
            let went =
                one.map_err(|_| BrokerError::Away(format!("{} does not answer", self.redacted_url())))?;
            if !went.map_err(|error| self.to_broker_error(&error))? {
                return Ok(moved);
            }
        }
        Ok(most.min(depth.dead))
    }

    /// The copy is confirmed before the dead letter is acknowledged.
    async fn replay_one(
        &self,
        connection: &BrokerConnection,
        channel: &Channel,
    ) -> Result<bool, lapin::Error> {
        let names = &self.0.names;
        let got = channel.basic_get(names.dead_queue.clone(), BasicGetOptions::default()).await?;
        let Some(letter) = got else { return Ok(false) };
        let id = letter.properties.message_id().as_ref().map_or("", |id| id.as_str());
        let (exchange, properties) = (names.order.clone(), properties("text/plain", id));
        let confirm = publish(
            connection,
            exchange,
            RESULT_KEY.into(),
            ReturnUnroutable(true),
            &letter.data,
            properties,
        )
        .await?;
        let confirmed = confirm.await?;
        if !confirmed.is_ack() || confirmed.take_message().is_some() {
            return Ok(false);
        }
        letter.acker.ack(BasicAckOptions::default()).await
    }
}

async fn message_count(channel: &Channel, queue: &ShortString) -> Result<u32, lapin::Error> {
    let look = QueueDeclareOptions::durable().passive();
    let found = channel.queue_declare(queue.clone(), look, FieldTable::default()).await?;
    Ok(found.message_count())
}
