//! Other systems' side of the broker. All tests share the RabbitMQ of `TEST_AMQP_URL`, each with its own prefix.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use changgou::infra::settings::AmqpSettings;
use changgou::worker::consumer;
use futures_util::StreamExt;
use lapin::message::{BasicGetMessage, Delivery};
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, ExchangeDeleteOptions,
    QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions, QueuePurgeOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Consumer};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::support::shop::Shop;
use crate::support::wait::until;

/// How long to wait for a message.
const PATIENCE: Duration = Duration::from_secs(60);

const EXCHANGES: [&str; 3] = ["changgou.events", "exchange.order", "exchange.order.dead"];
const QUEUES: [&str; 3] = ["queue.order", "queue.order.dead", "heard"];

/// The shared broker with a unique prefix; `None` without a broker.
pub fn fresh() -> Option<AmqpSettings> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let url = std::env::var_os("TEST_AMQP_URL")?.into_string().ok().filter(|url| !url.is_empty())?;
    let nth = COUNT.fetch_add(1, Ordering::Relaxed);
    Some(AmqpSettings { url, prefix: format!("test-{}-{nth}.", std::process::id()) })
}

/// A connection of another system to the broker.
pub struct Rabbit {
    connection: Connection,
    channel: Channel,
    prefix: String,
}

impl Rabbit {
    pub async fn at(amqp: &AmqpSettings) -> Rabbit {
        let connection = Connection::connect(&amqp.url, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        Rabbit { connection, channel, prefix: amqp.prefix.clone() }
    }

    fn name(&self, name: &str) -> lapin::types::ShortString {
        format!("{}{name}", self.prefix).into()
    }

    /// Subscribes to events that match `pattern`.
    pub async fn listens(&self, pattern: &str) -> Consumer {
        let (queue, none) = (self.name("heard"), FieldTable::default);
        self.channel.queue_declare(queue.clone(), QueueDeclareOptions::durable(), none()).await.unwrap();
        let (exchange, options) = (self.name("changgou.events"), QueueBindOptions::default());
        self.channel.queue_bind(queue.clone(), exchange, pattern.into(), options, none()).await.unwrap();
        self.channel.basic_consume(queue, "".into(), BasicConsumeOptions::default(), none()).await.unwrap()
    }

    /// Declares a queue as a Java service does: classic and durable.
    pub async fn makes_classic(&self, queue: &str) {
        let options = QueueDeclareOptions::durable();
        self.channel.queue_declare(self.name(queue), options, FieldTable::default()).await.unwrap();
    }

    /// Sends a payment result as the Java pay service does.
    pub async fn sends_result(&self, body: &str) {
        let exchange = self.name("exchange.order");
        let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
        let sent =
            self.channel.basic_publish(exchange, "queue.order".into(), options, body.as_bytes(), properties);
        sent.await.unwrap().await.unwrap();
    }

    /// Takes the next message out of a queue.
    pub async fn takes(&self, queue: &str) -> Option<BasicGetMessage> {
        let got = self.channel.basic_get(self.name(queue), BasicGetOptions::default()).await.unwrap()?;
        got.acker.ack(BasicAckOptions::default()).await.unwrap();
        Some(got)
    }

    /// The number of messages in a queue.
    pub async fn depth(&self, queue: &str) -> u32 {
        let look = QueueDeclareOptions::durable().passive();
        let found = self.channel.queue_declare(self.name(queue), look, FieldTable::default()).await;
        found.unwrap().message_count()
    }

    /// Waits until a queue holds `depth` messages.
    pub async fn until_depth(&self, queue: &str, depth: u32) {
        let deep = async || self.depth(queue).await == depth;
        until(&format!("{queue} holds {depth}"), deep).await;
    }

    pub async fn deletes_queue(&self, queue: &str) {
        self.channel.queue_delete(self.name(queue), QueueDeleteOptions::default()).await.unwrap();
    }

    pub async fn empties(&self, queue: &str) {
        self.channel.queue_purge(self.name(queue), QueuePurgeOptions::default()).await.unwrap();
    }

    pub async fn leaves(self) {
        self.connection.close(200, "OK".into()).await.unwrap();
    }
}

/// Whether a broker answers. The library may wait for ever if a broker ends during the handshake.
pub async fn answers(amqp: &AmqpSettings) -> bool {
    let greeting = Connection::connect(&amqp.url, ConnectionProperties::default());
    matches!(tokio::time::timeout(Duration::from_secs(5), greeting).await, Ok(Ok(_)))
}

/// The next message of a subscription.
pub async fn heard(listener: &mut Consumer) -> Delivery {
    let next = tokio::time::timeout(PATIENCE, listener.next()).await.expect("a message comes");
    let delivery = next.expect("the connection stands").unwrap();
    delivery.acker.ack(BasicAckOptions::default()).await.unwrap();
    delivery
}

pub fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(body)))
}

/// Deletes the queues and exchanges of a test.
pub async fn clear(amqp: &AmqpSettings) {
    let Ok(connection) = Connection::connect(&amqp.url, ConnectionProperties::default()).await else {
        return; // The test has stopped its broker, or never had one.
    };
    let channel = connection.create_channel().await.unwrap();
    let name = |name: &str| lapin::types::ShortString::from(format!("{}{name}", amqp.prefix));
    for queue in QUEUES {
        channel.queue_delete(name(queue), QueueDeleteOptions::default()).await.unwrap();
    }
    for exchange in EXCHANGES {
        channel.exchange_delete(name(exchange), ExchangeDeleteOptions::default()).await.unwrap();
    }
    connection.close(200, "OK".into()).await.unwrap();
}

/// The shop's consumer of payment results, in a task.
pub struct ResultConsumer(watch::Sender<bool>, JoinHandle<()>);

impl ResultConsumer {
    pub fn begin(shop: &Shop) -> ResultConsumer {
        let (stop, stopped) = watch::channel(false);
        let app = shop.running.app.clone();
        let broker = app.broker.clone().unwrap();
        ResultConsumer(stop, tokio::spawn(consumer::run(app, broker, stopped)))
    }

    /// Consumes all messages, then one invalid message: when it is a dead letter, all messages before it are done.
    pub async fn takes_all(shop: &Shop, rabbit: &Rabbit) {
        let dead = rabbit.depth("queue.order.dead").await;
        let consumer_task = ResultConsumer::begin(shop);
        rabbit.sends_result("the last").await;
        let is_dead = async || rabbit.depth("queue.order.dead").await > dead;
        until("the last is a dead letter", is_dead).await;
        consumer_task.end().await;
    }

    pub async fn end(self) {
        self.0.send_replace(true);
        self.1.await.unwrap();
    }
}
