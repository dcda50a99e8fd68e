//! The commands.

pub mod args;
pub mod audit;
mod demo_simulator;
mod import;
mod migrate;
mod order;
mod queue;
mod reconcile;
mod seed;
pub mod serve;
mod user;

use std::sync::Arc;

use crate::domain::clock::Clock;
use crate::flow::{App, Node, NotJoined, node};
use crate::infra::cache::{Cache, CacheError};
use crate::infra::db::{Db, DbError, OpenMode};
use crate::infra::gateway::Gateway;
use crate::infra::queue::Broker;
use crate::infra::settings::Settings;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The cache.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// A flow.
    #[error(transparent)]
    Flow(#[from] crate::flow::Error),
    /// The worker number or the clock.
    #[error(transparent)]
    Node(#[from] NotJoined),
    /// A setting.
    #[error(transparent)]
    Setting(#[from] crate::infra::settings::BadSetting),
    /// WeChat's credentials or address.
    #[error(transparent)]
    Gateway(#[from] crate::infra::gateway::BadGateway),
    /// The broker's address.
    #[error("the broker: {0}")]
    BadBroker(#[from] crate::infra::queue::BadBrokerUrl),
    /// The broker.
    #[error("the broker: {0}")]
    Broker(#[from] crate::infra::queue::BrokerError),
    /// A file or a port.
    #[error("{0}: {1}")]
    Io(String, #[source] std::io::Error),
    /// A file to import that cannot be read.
    #[error(transparent)]
    Unreadable(#[from] import::Unreadable),
    /// Anything else.
    #[error("{0}")]
    Message(String),
}

impl CommandError {
    /// A failure in words.
    pub fn message(words: impl Into<String>) -> CommandError {
        CommandError::Message(words.into())
    }
}

/// The shop without its web server and background loops.
pub async fn open_shop(settings: &Settings, open: OpenMode, clock: Clock) -> Result<Arc<App>, CommandError> {
    let (gateway, broker) = (gateway(settings, &clock)?, broker(settings)?);
    let cache = cache(settings).await?;
    let db = Db::open(&settings.database_url, open, settings.pool)?;
    let node = Node::join(&db, &clock).await?;
    Ok(Arc::new(App::new(db, cache, clock, gateway, broker, settings.clone(), node)))
}

async fn cache(settings: &Settings) -> Result<Option<Cache>, CommandError> {
    match &settings.cache {
        None => Ok(None),
        Some(address) => Ok(Some(Cache::open(address.clone(), &settings.cache_prefix).await?)),
    }
}

/// Finishes what was accepted, gives the worker number back and closes the database.
pub async fn close_shop(app: &Arc<App>) -> Result<(), CommandError> {
    app.place_queue.finish().await;
    app.settle_queue.finish().await;
    if let Some(broker) = &app.broker {
        broker.close().await;
    }
    node::release_number(app).await?;
    let db = app.db.clone();
    tokio::task::spawn_blocking(move || db.close())
        .await
        .map_err(|error| CommandError::message(error.to_string()))
}

pub(super) fn broker(settings: &Settings) -> Result<Option<Broker>, CommandError> {
    Ok(settings.amqp.as_ref().map(Broker::new).transpose()?)
}

/// The gateway to WeChat Pay with the account of the settings.
pub fn gateway(settings: &Settings, clock: &Clock) -> Result<Gateway, CommandError> {
    Ok(Gateway::open(&demo_simulator::merchant(settings)?, settings, clock)?)
}
