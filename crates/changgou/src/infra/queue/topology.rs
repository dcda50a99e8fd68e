//! The exchanges and queues there have to be.

use std::sync::atomic::{AtomicBool, Ordering};

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Connection, ExchangeKind};

use super::MessageDestination;
use super::connection::number;

/// The routing key of payment results, as the Java shop has it.
pub(super) const RESULT_KEY: &str = "queue.order";

/// How often a message may come back unanswered, from nodes that died of it,
/// before it is set aside.
const DELIVERIES_MAX: i32 = 5;

/// It is there already, with other properties.
const PRECONDITION_FAILED: u16 = 406;

/// What exchanges and queues are called here.
pub(super) struct QueueNames {
    pub(super) events: ShortString,
    pub(super) order: ShortString,
    pub(super) queue: ShortString,
    pub(super) dead: ShortString,
    pub(super) dead_queue: ShortString,
}

impl QueueNames {
    pub(super) fn with(prefix: &str) -> QueueNames {
        let name = |name: &str| ShortString::from(format!("{prefix}{name}"));
        QueueNames {
            events: name("changgou.events"),
            order: name("exchange.order"),
            queue: name("queue.order"),
            dead: name("exchange.order.dead"),
            dead_queue: name("queue.order.dead"),
        }
    }

    pub(super) fn exchange(&self, destination: MessageDestination) -> ShortString {
        match destination {
            MessageDestination::Events => self.events.clone(),
            MessageDestination::PaymentResults => self.order.clone(),
        }
    }
}

/// Declares everything. A queue that was made by somebody else is used as it is.
pub(super) async fn all(
    connection: &Connection,
    names: &QueueNames,
    only_classic: &AtomicBool,
) -> Result<(), lapin::Error> {
    let channel = connection.create_channel().await?;
    let kinds = [
        (&names.events, ExchangeKind::Topic),
        (&names.order, ExchangeKind::Direct),
        (&names.dead, ExchangeKind::Direct),
    ];
    for (name, kind) in kinds {
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        channel.exchange_declare(name.clone(), kind, options, FieldTable::default()).await?;
    }
    queue(connection, &names.dead_queue, None, only_classic).await?;
    queue(connection, &names.queue, Some(names), only_classic).await?;
    let bind = async |queue: &ShortString, exchange: &ShortString, key: ShortString| {
        let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
        channel.queue_bind(queue.clone(), exchange.clone(), key, options, arguments).await
    };
    bind(&names.dead_queue, &names.dead, names.dead_queue.clone()).await?;
    bind(&names.queue, &names.order, RESULT_KEY.into()).await
}

/// A queue of this kind; one whose dead letters are kept lets a message come
/// back only so often.
fn arguments(kind: Option<&'static str>, dead_letters: Option<&QueueNames>) -> FieldTable {
    let text = |text: &str| AMQPValue::LongString(text.into());
    let mut arguments = FieldTable::default();
    if let Some(names) = dead_letters {
        arguments.insert("x-dead-letter-exchange".into(), text(names.dead.as_str()));
        arguments.insert("x-dead-letter-routing-key".into(), text(names.dead_queue.as_str()));
    }
    if let Some(kind) = kind {
        arguments.insert("x-queue-type".into(), text(kind));
        if dead_letters.is_some() {
            arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(DELIVERIES_MAX));
        }
    }
    arguments
}

/// A quorum queue where the broker has them, else a classic one that is durable.
async fn queue(
    connection: &Connection,
    name: &ShortString,
    dead_letters: Option<&QueueNames>,
    only_classic: &AtomicBool,
) -> Result<(), lapin::Error> {
    let options = QueueDeclareOptions::durable();
    let kind = (!only_classic.load(Ordering::Relaxed)).then_some("quorum");
    let wanted = arguments(kind, dead_letters);
    // An error ends its channel, so this one has a channel of its own.
    let channel = connection.create_channel().await?;
    let Err(error) = channel.queue_declare(name.clone(), options, wanted).await else { return Ok(()) };
    match number(&error) {
        Some(PRECONDITION_FAILED) => as_it_is(connection, name, &error).await,
        Some(_) if !only_classic.swap(true, Ordering::Relaxed) => {
            tracing::warn!(queue = name.as_str(), %error, "no quorum queue; the next try is a classic one");
            Err(error)
        }
        Some(_) | None => Err(error),
    }
}

/// Uses a queue that is there already.
async fn as_it_is(
    connection: &Connection,
    name: &ShortString,
    why: &lapin::Error,
) -> Result<(), lapin::Error> {
    let channel = connection.create_channel().await?;
    let look = QueueDeclareOptions::durable().passive();
    channel.queue_declare(name.clone(), look, FieldTable::default()).await?;
    tracing::warn!(
        queue = name.as_str(),
        %why,
        "the queue was made with other properties and is used as it is; delete it while it is empty to get a \
         quorum queue with dead letters"
    );
    Ok(())
}
