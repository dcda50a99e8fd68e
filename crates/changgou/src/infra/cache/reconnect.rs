//! Two background tasks: one reconnects to a lost server, one listens for logins that other nodes
//! revoke.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt;
use redis::RedisError;
use tokio::time::{sleep, timeout};

use super::Shared;
use super::connection::{connect, open_client};
use super::server_url::CacheTopology;
use super::sessions::CHANNEL;

/// Interval of pings while the server answers.
const PING_INTERVAL: Duration = Duration::from_secs(1);

/// Interval of pings while it does not answer.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// Timeout of a new subscription.
const SUBSCRIBE: Duration = Duration::from_secs(2);

/// Keeps the connection alive while the cache is open.
pub(super) async fn keep_connected(shared: Arc<Shared>, mut master: Option<String>) {
    loop {
        let pause = if shared.is_up() { PING_INTERVAL } else { RETRY_INTERVAL };
        tokio::select! {
            () = sleep(pause) => {}
            () = shared.failed.notified() => sleep(RETRY_INTERVAL / 10).await,
        }
        if check_or_reconnect(&shared, &mut master).await {
            shared.mark_up();
        } else {
            shared.report_lost("it does not answer");
            sleep(RETRY_INTERVAL).await;
        }
    }
}

/// Whether the server answers, after reconnecting if necessary.
async fn check_or_reconnect(shared: &Shared, master: &mut Option<String>) -> bool {
    if shared.ping().await && !has_new_master(shared, master).await {
        return true;
    }
    match connect(&shared.address).await {
        Ok((connection, named)) => {
            shared.set_connection(connection);
            *master = named;
            shared.ping().await
        }
        Err(_) => false,
    }
}

/// Whether the Sentinels name another master now.
async fn has_new_master(shared: &Shared, master: &Option<String>) -> bool {
    match &shared.address.kind {
        CacheTopology::One(_) | CacheTopology::Cluster(_) => false,
        CacheTopology::Sentinel { .. } => {
            let named = open_client(&shared.address).await.ok();
            named.is_some_and(|named| Some(named.get_connection_info().addr().to_string()) != *master)
        }
    }
}

/// Listens for revoked logins while the cache is open. A gap in the subscription counts as one
/// revocation.
pub(super) async fn listen_for_revocations(shared: Arc<Shared>) {
    loop {
        if let Err(error) = listen(&shared).await {
            tracing::debug!(%error, "the subscription to revoked logins failed");
        }
        shared.revocations.fetch_add(1, Ordering::SeqCst);
        sleep(PING_INTERVAL).await;
    }
}

async fn listen(shared: &Shared) -> Result<(), RedisError> {
    let slow = |_| RedisError::from((redis::ErrorKind::Io, "no subscription"));
    let subscribed = timeout(SUBSCRIBE, async {
        let mut listening = open_client(&shared.address).await?.get_async_pubsub().await?;
        listening.subscribe(shared.key(CHANNEL)).await?;
        Ok::<_, RedisError>(listening)
    });
    let mut listening = subscribed.await.map_err(slow)??;
    shared.revocations.fetch_add(1, Ordering::SeqCst);
    let mut words = listening.on_message();
    while words.next().await.is_some() {
        shared.revocations.fetch_add(1, Ordering::SeqCst);
    }
    Ok(())
}
