//! `changgou queue`: shows what waits in the outbox and at the broker, and moves
//! dead letters back to their queue.

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};

use super::{CommandError, broker};
use crate::domain::clock::Clock;
use crate::flow::relay::{self, OutboxBacklog};
use crate::infra::db::{Db, OpenMode};
use crate::infra::queue::{Broker, BrokerError, QueueDepth};
use crate::infra::settings::Settings;

/// The default of `--most`.
const REPLAY_MAX: &str = "1000";

pub(super) fn command() -> Command {
    let most = Arg::new("most")
        .long("most")
        .value_name("N")
        .default_value(REPLAY_MAX)
        .value_parser(value_parser!(u32))
        .help("the number of dead letters to move at most");
    Command::new("queue")
        .about("Messages exchanged with other systems through RabbitMQ")
        .subcommand_required(true)
        .subcommand(
            Command::new("status").about(
                "Show what waits in the outbox and in the queues; exit 1 if the broker cannot be reached",
            ),
        )
        .subcommand(
            Command::new("replay").about("Move dead letters back to the queue they came from").arg(most),
        )
}

pub(super) async fn run(settings: &Settings, matches: &ArgMatches) -> Result<ExitCode, CommandError> {
    let broker = broker(settings)?.ok_or_else(|| {
        CommandError::message(
            "no broker is configured; set amqp_url, such as amqp://user:password@host:5672/vhost",
        )
    })?;
    let outcome = match matches.subcommand() {
        Some(("status", _)) => status(settings, &broker).await,
        Some(("replay", sub)) => replay(&broker, sub.get_one("most").copied().unwrap_or_default()).await,
        _ => Err(CommandError::message("see changgou queue --help")),
    };
    broker.close().await;
    outcome
}

async fn status(settings: &Settings, broker: &Broker) -> Result<ExitCode, CommandError> {
    let db = Db::open(&settings.database_url, OpenMode::Existing, settings.pool)?;
    let OutboxBacklog { messages, oldest } = relay::backlog(&db, Clock::System.now()).await?;
    tokio::task::spawn_blocking(move || db.close())
        .await
        .map_err(|error| CommandError::message(error.to_string()))?;
    println!("outbox        {messages} waiting, the oldest for {} s", oldest.as_secs());
    match broker.count_messages().await {
        Ok(QueueDepth { results, dead }) => {
            println!("broker        {} takes messages", broker.redacted_url());
            println!("results       {results} waiting in {}queue.order", prefix(settings));
            println!("dead letters  {dead} in {}queue.order.dead", prefix(settings));
            Ok(ExitCode::SUCCESS)
        }
        Err(BrokerError::Away(why) | BrokerError::Refused(why)) => {
            println!("broker        no answer: {why}");
            Ok(ExitCode::FAILURE)
        }
    }
}

fn prefix(settings: &Settings) -> &str {
    settings.amqp.as_ref().map_or("", |amqp| amqp.prefix.as_str())
}

async fn replay(broker: &Broker, most: u32) -> Result<ExitCode, CommandError> {
    let moved = broker.replay(most).await?;
    println!("{moved} dead letters are back in the queue; {} are left", broker.count_messages().await?.dead);
    Ok(ExitCode::SUCCESS)
}
