//! Opening and checking connections to Redis.

use std::time::Duration;

use futures_util::future::try_join_all;
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{Sentinel, SentinelNodeConnectionInfo};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, InfoDict, Pipeline, RedisError, Value,
};
use tokio::time::{Instant, timeout};

use super::CacheError;
use super::server_url::{CacheTopology, CacheUrl, tls};

/// Connect timeout while requests wait.
const CONNECT: Duration = Duration::from_millis(500);

/// Connect timeout at the start: no request waits yet, and a busy machine must not prevent the start.
const OPEN: Duration = Duration::from_secs(5);

/// Timeout of one answer.
const ANSWER: Duration = Duration::from_millis(600);

/// Timeout of asking the Sentinels for the master.
const NAMING: Duration = Duration::from_secs(2);

/// The oldest supported major version.
const OLDEST: u32 = 6;

/// A connection that reconnects by itself. Clones share it.
#[derive(Clone)]
pub(super) enum CacheConnection {
    One(ConnectionManager),
    Cluster(ClusterConnection),
}

impl CacheConnection {
    /// Sends commands with one key each and returns their answers. One server gets them as a pipeline;
    /// in a cluster they are sent concurrently to the nodes of their keys.
    pub(super) async fn each(&self, commands: &[Cmd]) -> Result<Vec<Value>, RedisError> {
        let answers = self.send_all(commands).await?;
        answers.into_iter().map(|answer| answer.extract_error()).collect()
    }

    async fn send_all(&self, commands: &[Cmd]) -> Result<Vec<Value>, RedisError> {
        match self {
            CacheConnection::One(manager) => {
                let mut pipeline = Pipeline::with_capacity(commands.len());
                for command in commands {
                    pipeline.add_command(command.clone());
                }
                manager.clone().req_packed_commands(&pipeline, 0, commands.len()).await
            }
            CacheConnection::Cluster(connection) => {
                let ask = |command| {
                    let mut connection = connection.clone();
                    async move { connection.req_packed_command(command).await }
                };
                try_join_all(commands.iter().map(ask)).await
            }
        }
    }
}

/// Connects. With Sentinels it also returns the address of the current master.
pub(super) async fn connect(address: &CacheUrl) -> Result<(CacheConnection, Option<String>), RedisError> {
    if let CacheTopology::Cluster(nodes) = &address.kind {
        let builder = ClusterClient::builder(nodes.iter().cloned()).retries(2);
        let client = builder.connection_timeout(CONNECT).response_timeout(ANSWER).build()?;
        return Ok((CacheConnection::Cluster(client.get_async_connection().await?), None));
    }
    let client = open_client(address).await?;
    let named = client.get_connection_info().addr().to_string();
    let config = ConnectionManagerConfig::new().set_number_of_retries(0);
    let config = config.set_connection_timeout(Some(CONNECT)).set_response_timeout(Some(ANSWER));
    Ok((CacheConnection::One(ConnectionManager::new_with_config(client, config).await?), Some(named)))
}

/// Connects at the start, retrying after timeouts.
pub(super) async fn connect_at_start(
    address: &CacheUrl,
) -> Result<(CacheConnection, Option<String>), RedisError> {
    let begun = Instant::now();
    loop {
        match connect(address).await {
            Err(error) if error.is_timeout() && begun.elapsed() < OPEN => {}
            done => return done,
        }
    }
}

/// A client for one server: the only one, the current master, or a cluster node that answers.
pub(super) async fn open_client(address: &CacheUrl) -> Result<Client, RedisError> {
    match &address.kind {
        CacheTopology::One(info) => Client::open(info.clone()),
        CacheTopology::Sentinel { sentinels, master, node } => find_master(sentinels, master, node).await,
        CacheTopology::Cluster(nodes) => connect_to_any(nodes).await,
    }
}

async fn connect_to_any(nodes: &[ConnectionInfo]) -> Result<Client, RedisError> {
    let mut last = RedisError::from((ErrorKind::InvalidClientConfig, "no node is named"));
    for node in nodes {
        let client = Client::open(node.clone())?;
        match server_info(&client, CONNECT).await {
            Ok(_) => return Ok(client),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn find_master(
    sentinels: &[ConnectionInfo],
    master: &str,
    node: &ConnectionInfo,
) -> Result<Client, RedisError> {
    let mut asked = Sentinel::build(sentinels.to_vec())?;
    let mut how =
        SentinelNodeConnectionInfo::default().set_redis_connection_info(node.redis_settings().clone());
    if let Some(tls) = tls(node) {
        how = how.set_tls_mode(tls);
    }
    let slow = |_| RedisError::from((ErrorKind::Io, "no Sentinel answers"));
    timeout(NAMING, asked.async_master_for(master, Some(&how))).await.map_err(slow)?
}

async fn server_info(client: &Client, within: Duration) -> Result<InfoDict, RedisError> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(within));
    let config = config.set_response_timeout(Some(within.max(ANSWER)));
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    redis::cmd("INFO").query_async(&mut connection).await
}

/// Refuses an unsuitable server with a message that says what to do.
pub(super) async fn check_server(address: &CacheUrl) -> Result<(), CacheError> {
    let told = |problem: String| CacheError::Start(format!("Redis at {}: {problem}", address.redacted()));
    let client = open_client(address).await.map_err(|error| told(describe_error(&error)))?;
    let info = server_info(&client, OPEN).await.map_err(|error| told(describe_error(&error)))?;
    let field = |name: &str| info.get::<String>(name).unwrap_or_default();
    let version = field("redis_version");
    let major: u32 = version.split('.').next().and_then(|part| part.parse().ok()).unwrap_or(0);
    if major < OLDEST {
        return Err(told(format!("it is version {version}; {OLDEST} or later is needed")));
    }
    let is_cluster = field("redis_mode") == "cluster";
    match &address.kind {
        CacheTopology::Cluster(_) if !is_cluster => {
            Err(told("it is no cluster; write redis://HOST:PORT".to_owned()))
        }
        CacheTopology::One(_) if is_cluster => {
            Err(told("it is part of a cluster; write redis+cluster://HOST:PORT".to_owned()))
        }
        CacheTopology::One(_) if field("role") == "slave" => {
            Err(told("it is a replica and refuses writes; use its master".to_owned()))
        }
        CacheTopology::One(_) | CacheTopology::Sentinel { .. } | CacheTopology::Cluster(_) => Ok(()),
    }
}

/// The message contains no password.
fn describe_error(error: &RedisError) -> String {
    match (error.kind(), error.code()) {
        (ErrorKind::AuthenticationFailed, _) | (_, Some("WRONGPASS")) => {
            "it does not accept the password; check the login in redis_url".to_owned()
        }
        (_, Some("NOAUTH")) => "it asks for a password; write redis://:PASSWORD@HOST:PORT".to_owned(),
        (_, Some("NOPERM")) => format!("the login lacks rights: {error}"),
        _ => format!("it cannot be used: {error}; is it running there, and does redis_url name it?"),
    }
}
