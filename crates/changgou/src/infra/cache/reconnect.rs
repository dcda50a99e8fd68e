//! Two tasks beside the calls: one finds a lost server again, one hears of
//! logins that other nodes revoke.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt;
use redis::RedisError;
use tokio::time::{sleep, timeout};

use super::Shared;
use super::connection::{client, connect};
use super::server_url::CacheTopology;
use super::sessions::CHANNEL;

/// How often a server that answers is asked whether it is there.
const LOOK: Duration = Duration::from_secs(1);

/// How often one that does not is.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// How long a new subscription may take.
const SUBSCRIBE: Duration = Duration::from_secs(2);

/// Looks after the connection for as long as the cache is open.
pub(super) async fn keep(shared: Arc<Shared>, mut master: Option<String>) {
    loop {
        let pause = if shared.is_up() { LOOK } else { LOOK_AGAIN };
        tokio::select! {
            () = sleep(pause) => {}
            () = shared.failed.notified() => sleep(LOOK_AGAIN / 10).await,
        }
        if follow(&shared, &mut master).await {
            shared.back();
        } else {
            shared.lost("it does not answer");
            sleep(LOOK_AGAIN).await;
        }
    }
}

/// Whether the server answers, after a new connection if need be.
async fn follow(shared: &Shared, master: &mut Option<String>) -> bool {
    if shared.ping().await && !is_elsewhere(shared, master).await {
        return true;
    }
    match connect(&shared.address).await {
        Ok((link, named)) => {
            shared.relink(link);
            *master = named;
            shared.ping().await
        }
        Err(_) => false,
    }
}

/// Whether Sentinels name another master by now.
async fn is_elsewhere(shared: &Shared, master: &Option<String>) -> bool {
    match &shared.address.kind {
        CacheTopology::One(_) | CacheTopology::Cluster(_) => false,
        CacheTopology::Sentinel { .. } => {
            let named = client(&shared.address).await.ok();
            named.is_some_and(|named| Some(named.get_connection_info().addr().to_string()) != *master)
        }
    }
}

/// Hears of revoked logins for as long as the cache is open. Whatever was said
/// while nobody listened counts as one more revocation.
pub(super) async fn hear(shared: Arc<Shared>) {
    loop {
        if let Err(error) = listen(&shared).await {
            tracing::debug!(%error, "revoked logins are not heard of");
        }
        shared.revocations.fetch_add(1, Ordering::SeqCst);
        sleep(LOOK).await;
    }
}

async fn listen(shared: &Shared) -> Result<(), RedisError> {
    let slow = |_| RedisError::from((redis::ErrorKind::Io, "no subscription"));
    let subscribed = timeout(SUBSCRIBE, async {
        let mut listening = client(&shared.address).await?.get_async_pubsub().await?;
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
