//! The commands.

pub mod args;
mod audit;
mod bench;
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
use crate::infra::settings::{Settings, WechatAccount};

/// A command that failed: what to tell whoever typed it.
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
    /// The simulated WeChat Pay.
    #[error("the simulated WeChat Pay: {0}")]
    Simulator(#[from] wechatpay_simulator::StartError),
    /// A file or a port.
    #[error("{0}: {1}")]
    Io(String, #[source] std::io::Error),
    /// A file that is to be imported and is not read.
    #[error(transparent)]
    Unreadable(#[from] import::Unreadable),
    /// Anything else, in words.
    #[error("{0}")]
    Told(String),
}

impl CommandError {
    fn told(words: impl Into<String>) -> CommandError {
        CommandError::Told(words.into())
    }
}

/// A shop for a command: database, clock and gateway, but no doors.
pub(super) async fn shop(
    settings: &Settings,
    open: OpenMode,
    clock: Clock,
) -> Result<Arc<App>, CommandError> {
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

/// Gives the worker number back and closes the database.
pub(super) async fn leave(app: &Arc<App>) -> Result<(), CommandError> {
    app.place_queue.finish().await;
    app.settle_queue.finish().await;
    if let Some(broker) = &app.broker {
        broker.close().await;
    }
    node::leave(app).await?;
    let db = app.db.clone();
    tokio::task::spawn_blocking(move || db.close())
        .await
        .map_err(|error| CommandError::told(error.to_string()))
}

pub(super) fn broker(settings: &Settings) -> Result<Option<Broker>, CommandError> {
    Ok(settings.amqp.as_ref().map(Broker::new).transpose()?)
}

/// The account at WeChat Pay, or the one of a demonstration that runs somewhere else:
/// its keys for API v3 are known to itself alone.
pub(super) fn merchant(settings: &Settings) -> WechatAccount {
    settings.wechat.clone().unwrap_or_else(|| {
        let demo = wechatpay_simulator::Merchant::demo();
        WechatAccount {
            appid: demo.appid,
            mch_id: demo.mch_id,
            api_key: Some(demo.api_key),
            api_key_old: None,
            v3: None,
            base_url: format!("http://{}", settings.simulator_listen),
            backup_url: None,
            certificate: None,
        }
    })
}

fn gateway(settings: &Settings, clock: &Clock) -> Result<Gateway, CommandError> {
    Ok(Gateway::open(&merchant(settings), settings, clock)?)
}
