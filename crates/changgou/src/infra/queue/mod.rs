//! RabbitMQ, which carries messages to and from other systems. No other module uses AMQP.
//!
//! A connection is opened when it is needed and reopened when it is lost; messages in transit are then
//! neither confirmed nor acknowledged and are sent again. Publishing and consuming use separate
//! connections: a broker that is short of resources blocks publishing connections.

mod admin;
mod connection;
mod consumer;
mod publish;
mod topology;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use lapin::uri::AMQPUri;

use crate::domain::words::word_enum;
use crate::infra::broker_settings::AmqpSettings;
use connection::BrokerConnection;
use topology::QueueNames;

pub use crate::infra::broker_settings::BadBrokerUrl;
pub use admin::QueueDepth;
pub use consumer::{BrokerDelivery, DeadLetterOutcome, ResultConsumer};
pub use publish::{OutgoingMessage, PublishOutcome};

/// The start of the log filter: the library logs each lost connection several times, and message
/// bodies. This module logs what matters.
pub const QUIET: &str = "lapin=off";

word_enum! {
    /// The destination of a message.
    pub enum MessageDestination {
        /// Events about orders: the topic exchange `changgou.events`.
        Events = "events",
        /// Payment results to be settled: `exchange.order`, as in the Java shop.
        PaymentResults = "payment_results",
    }
}

/// The connection of this node to the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokerStatus {
    /// Not used yet.
    Untried,
    /// It accepts messages.
    Up,
    /// Connected, but blocked: it is short of memory or disk space.
    Full,
    /// Not reachable, for this reason.
    Away(String),
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum BrokerError {
    /// Not reachable; it may come back.
    #[error("{0}")]
    Away(String),
    /// It refuses this shop; an operator has to change a setting or a permission.
    #[error("{0}")]
    Refused(String),
}

#[derive(Clone)]
pub struct Broker(Arc<Shared>);

struct Shared {
    uri: AMQPUri,
    names: QueueNames,
    connection: tokio::sync::Mutex<Option<Arc<BrokerConnection>>>,
    status: Mutex<BrokerStatus>,
    /// Whether this broker does not support quorum queues.
    only_classic: AtomicBool,
}

impl Broker {
    /// Does not connect yet.
    pub fn new(amqp: &AmqpSettings) -> Result<Broker, BadBrokerUrl> {
        let uri = connection::parse_url(&amqp.url)?;
        let names = QueueNames::with_prefix(&amqp.prefix);
        let (connection, status) = (tokio::sync::Mutex::new(None), Mutex::new(BrokerStatus::Untried));
        let only_classic = AtomicBool::new(false);
        Ok(Broker(Arc::new(Shared { uri, names, connection, status, only_classic })))
    }

    /// The URL without the password.
    pub fn redacted_url(&self) -> String {
        connection::redact_password(&self.0.uri)
    }

    /// Connects if necessary and declares all exchanges and queues.
    pub async fn ensure_connected(&self) -> Result<(), BrokerError> {
        self.connection().await.map(drop)
    }

    /// The status at the last use.
    pub fn status(&self) -> BrokerStatus {
        self.0.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stores the status and logs a change once.
    fn set_status(&self, now: BrokerStatus) {
        let mut status = self.0.status.lock().unwrap_or_else(PoisonError::into_inner);
        if *status == now {
            return;
        }
        let broker = self.redacted_url();
        match (&now, &*status) {
            (BrokerStatus::Up, _) => tracing::info!(broker, "the broker accepts messages"),
            (BrokerStatus::Full, _) => {
                tracing::warn!(broker, "the broker is blocked; events wait in the outbox")
            }
            // The first caller gets the error itself.
            (BrokerStatus::Away(_), BrokerStatus::Away(_) | BrokerStatus::Untried)
            | (BrokerStatus::Untried, _) => {}
            (BrokerStatus::Away(why), _) => {
                tracing::warn!(broker, why, "the broker is not reachable; events wait in the outbox");
            }
        }
        *status = now;
    }

    /// The connection for publishing; a new one if the last is lost.
    async fn connection(&self) -> Result<Arc<BrokerConnection>, BrokerError> {
        let mut connection = self.0.connection.lock().await;
        if let Some(connection) = connection.as_ref().filter(|connection| connection.is_good()) {
            return Ok(connection.clone());
        }
        *connection = None;
        match self.connect().await {
            Ok(opened) => {
                self.set_status(BrokerStatus::Up);
                Ok(connection.insert(Arc::new(opened)).clone())
            }
            Err(trouble) => {
                self.set_status(BrokerStatus::Away(trouble.to_string()));
                Err(trouble)
            }
        }
    }

    /// Drops a connection, so that the next use opens a new one.
    async fn drop_connection(&self, lost: &Arc<BrokerConnection>) {
        let mut connection = self.0.connection.lock().await;
        if connection.as_ref().is_some_and(|connection| Arc::ptr_eq(connection, lost)) {
            *connection = None;
        }
    }

    pub async fn close(&self) {
        if let Some(connection) = self.0.connection.lock().await.take() {
            connection.close().await;
        }
    }
}

/// The AMQP reply code, if the broker sent the error.
fn error_number(error: &lapin::Error) -> Option<u16> {
    if let lapin::ErrorKind::ProtocolError(reply) = error.kind() { Some(reply.get_id()) } else { None }
}
