//! The broker that carries messages to and from other systems, RabbitMQ: the
//! only place that names AMQP.
//!
//! A connection is made when it is needed and made anew when it is lost; what
//! was on its way then is neither confirmed nor acknowledged and comes again.
//! Publishing and consuming have a connection each: a broker that is full stops
//! reading from those that publish.

mod admin;
mod connection;
mod consumer;
mod publish;
mod topology;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use lapin::uri::AMQPUri;

use crate::infra::settings::AmqpSettings;
use connection::BrokerConnection;
use topology::QueueNames;

pub use admin::QueueDepth;
pub use consumer::{BrokerDelivery, DeadLetterOutcome, ResultConsumer};
pub use publish::{OutgoingMessage, PublishOutcome};

/// What the log filter begins with: the library tells every broken connection
/// several times, and bodies of messages; what matters is logged here.
pub const QUIET: &str = "lapin=off";

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageDestination {
    /// To whoever wants to hear of orders: the topic exchange `changgou.events`.
    Events,
    /// To the one who settles payments: `exchange.order`, as the Java shop names it.
    PaymentResults,
}

impl MessageDestination {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            MessageDestination::Events => "events",
            MessageDestination::PaymentResults => "payment_results",
        }
    }

    /// What a stored word means.
    pub fn read(word: &str) -> Option<MessageDestination> {
        [MessageDestination::Events, MessageDestination::PaymentResults]
            .into_iter()
            .find(|one| one.word() == word)
    }
}

/// How things are between this node and the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokerStatus {
    /// Nobody has needed it yet.
    Untried,
    /// It takes messages.
    Up,
    /// It is connected but takes no messages: it is short of memory or disk.
    Full,
    /// It cannot be reached, and why.
    Away(String),
}

/// The broker cannot be used now.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BrokerError {
    /// It is not there; it may come back by itself.
    #[error("{0}")]
    Away(String),
    /// It refuses this shop; somebody has to change a setting or a permission.
    #[error("{0}")]
    Refused(String),
}

/// What is wrong with the URL.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}; write amqp://USER:PASSWORD@HOST:5672/VHOST, or amqps:// with TLS")]
pub struct BadBrokerUrl(String);

/// A handle on the broker. Clones share its connection.
#[derive(Clone)]
pub struct Broker(Arc<Shared>);

struct Shared {
    uri: AMQPUri,
    names: QueueNames,
    line: tokio::sync::Mutex<Option<Arc<BrokerConnection>>>,
    standing: Mutex<BrokerStatus>,
    /// Whether this broker was found to have no quorum queues.
    only_classic: AtomicBool,
}

impl Broker {
    /// The broker of these settings. Connects to nothing yet.
    pub fn new(amqp: &AmqpSettings) -> Result<Broker, BadBrokerUrl> {
        let uri = connection::read_url(&amqp.url)?;
        let names = QueueNames::with(&amqp.prefix);
        let (line, standing) = (tokio::sync::Mutex::new(None), Mutex::new(BrokerStatus::Untried));
        let only_classic = AtomicBool::new(false);
        Ok(Broker(Arc::new(Shared { uri, names, line, standing, only_classic })))
    }

    /// Whether the URL can be one, for the settings to say so at the start.
    pub fn can_be(url: &str) -> Result<(), BadBrokerUrl> {
        connection::read_url(url).map(drop)
    }

    /// Where it is, without the password.
    pub fn shown(&self) -> String {
        connection::shown(&self.0.uri)
    }

    /// Makes sure there is a connection, and that all exchanges and queues are there.
    pub async fn greet(&self) -> Result<(), BrokerError> {
        self.line().await.map(drop)
    }

    /// How things were when it was last needed.
    pub fn standing(&self) -> BrokerStatus {
        self.0.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes how things are, and says so once when they change.
    fn note(&self, now: BrokerStatus) {
        let mut standing = self.0.standing.lock().unwrap_or_else(PoisonError::into_inner);
        if *standing == now {
            return;
        }
        let broker = self.shown();
        match (&now, &*standing) {
            (BrokerStatus::Up, _) => tracing::info!(broker, "the broker takes messages"),
            (BrokerStatus::Full, _) => {
                tracing::warn!(broker, "the broker is full; events wait in the outbox")
            }
            // Whoever asks first is told by the answer.
            (BrokerStatus::Away(_), BrokerStatus::Away(_) | BrokerStatus::Untried)
            | (BrokerStatus::Untried, _) => {}
            (BrokerStatus::Away(why), _) => {
                tracing::warn!(broker, why, "the broker is away; events wait in the outbox");
            }
        }
        *standing = now;
    }

    /// The connection to publish by; a new one if the last is lost.
    async fn line(&self) -> Result<Arc<BrokerConnection>, BrokerError> {
        let mut line = self.0.line.lock().await;
        if let Some(line) = line.as_ref().filter(|line| line.is_good()) {
            return Ok(line.clone());
        }
        *line = None;
        match self.connect().await {
            Ok(opened) => {
                self.note(BrokerStatus::Up);
                Ok(line.insert(Arc::new(opened)).clone())
            }
            Err(trouble) => {
                self.note(BrokerStatus::Away(trouble.to_string()));
                Err(trouble)
            }
        }
    }

    /// Gives a connection up, so that the next who needs one makes a new one.
    async fn hang_up(&self, lost: &Arc<BrokerConnection>) {
        let mut line = self.0.line.lock().await;
        if line.as_ref().is_some_and(|line| Arc::ptr_eq(line, lost)) {
            *line = None;
        }
    }

    /// Closes the connection, if there is one.
    pub async fn close(&self) {
        if let Some(line) = self.0.line.lock().await.take() {
            line.close().await;
        }
    }
}
