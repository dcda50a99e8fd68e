//! The required exchanges and queues.

use std::sync::atomic::{AtomicBool, Ordering};

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Connection, ExchangeKind};

use super::{MessageDestination, error_number};

/// The Java shop's routing key of payment results.
pub(super) const RESULT_KEY: &str = "queue.order";

/// How often a message may be delivered without acknowledgement before it becomes a dead letter.
const DELIVERIES_MAX: i32 = 5;

/// The queue exists with other properties.
const PRECONDITION_FAILED: u16 = 406;

/// The names with their prefix.
pub(super) struct QueueNames {
    pub(super) events: ShortString,
    pub(super) order: ShortString,
    pub(super) queue: ShortString,
    pub(super) dead: ShortString,
    pub(super) dead_queue: ShortString,
}

impl QueueNames {
    pub(super) fn with_prefix(prefix: &str) -> QueueNames {
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

/// An existing queue with other properties is used as it is.
pub(super) async fn declare_all(
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
    declare_queue(connection, &names.dead_queue, None, only_classic).await?;
    declare_queue(connection, &names.queue, Some(names), only_classic).await?;
    let bind = async |queue: &ShortString, exchange: &ShortString, key: ShortString| {
        let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
        channel.queue_bind(queue.clone(), exchange.clone(), key, options, arguments).await
    };
    bind(&names.dead_queue, &names.dead, names.dead_queue.clone()).await?;
    bind(&names.queue, &names.order, RESULT_KEY.into()).await
}

/// The arguments of a queue of this kind. A queue with a dead letter exchange limits redeliveries.
fn queue_arguments(kind: Option<&'static str>, dead_letters: Option<&QueueNames>) -> FieldTable {
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

/// A quorum queue if the broker supports them, else a durable classic one.
async fn declare_queue(
    connection: &Connection,
    name: &ShortString,
    dead_letters: Option<&QueueNames>,
    only_classic: &AtomicBool,
) -> Result<(), lapin::Error> {
    let options = QueueDeclareOptions::durable();
    let kind = (!only_classic.load(Ordering::Relaxed)).then_some("quorum");
    let wanted = queue_arguments(kind, dead_letters);
    // An error closes its channel, so this declaration has its own.
    let channel = connection.create_channel().await?;
    let Err(error) = channel.queue_declare(name.clone(), options, wanted).await else { return Ok(()) };
    match error_number(&error) {
        Some(PRECONDITION_FAILED) => use_existing(connection, name, &error).await,
        Some(_) if !only_classic.swap(true, Ordering::Relaxed) => {
            tracing::warn!(queue = name.as_str(), %error, "no quorum queue; the next try declares a classic one");
            Err(error)
        }
        Some(_) | None => Err(error),
    }
}

async fn use_existing(
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
        "the queue exists with other properties and is used as it is; delete it while it is empty to get a \
         quorum queue with dead letters"
    );
    Ok(())
}
