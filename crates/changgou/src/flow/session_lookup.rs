//! Who an access token belongs to. Tokens that arrive while a lookup is running are
//! looked up together next: one request to the cache and one to the database.

use std::collections::{BTreeSet, HashMap};

use crate::domain::clock::{Clock, UtcMs};
use crate::domain::limits::{LOGIN_BATCH_MAX, READ_QUEUE_MAX};
use crate::flow::Outcome;
use crate::flow::batcher::{self, Batcher};
use crate::infra::cache::Cache;
use crate::infra::db::{Db, DbError};
use crate::infra::secret::sha256_hex;
use crate::store::account::session::{self, Session};
use crate::store::account::session_cache;

/// Valid sessions by the hash of their token.
type Found = HashMap<String, Session>;

/// Looks up sessions by the hash of their token.
pub struct SessionLookup(Batcher<String, Option<Session>>);

impl SessionLookup {
    /// Starts the lookup task; it ends when the lookup is dropped.
    pub fn open(db: Db, cache: Option<Cache>, clock: Clock) -> SessionLookup {
        let (calls, waiting) = Batcher::open(READ_QUEUE_MAX);
        tokio::spawn(async move {
            let read = async |tokens| look_up(&db, cache.as_ref(), tokens, clock.now()).await;
            batcher::look_up(waiting, LOGIN_BATCH_MAX, read).await;
        });
        SessionLookup(calls)
    }

    /// The session of an access token, if it is valid now.
    pub async fn find(&self, token: &str) -> Outcome<Option<Session>> {
        Ok(self.0.call(sha256_hex(token.as_bytes())).await?)
    }
}

/// Reads the cache first, and the rest from the database; everything from the
/// database if there is no cache or it is unreachable.
async fn look_up(
    db: &Db,
    cache: Option<&Cache>,
    tokens: BTreeSet<String>,
    now: UtcMs,
) -> Result<Found, DbError> {
    let Some(cache) = cache else { return read_valid(db, tokens, now).await };
    let mut found = session_cache::find(cache, &tokens, now).await.unwrap_or_default();
    let unknown: BTreeSet<String> = tokens.into_iter().filter(|token| !found.contains_key(token)).collect();
    let opened = read_valid(db, unknown, now).await?;
    if let Err(error) = session_cache::store(cache, &opened, now).await {
        tracing::debug!(%error, "sessions cannot be cached");
    }
    found.extend(opened);
    Ok(found)
}

async fn read_valid(db: &Db, tokens: BTreeSet<String>, now: UtcMs) -> Result<Found, DbError> {
    if tokens.is_empty() {
        return Ok(Found::new());
    }
    db.read(async move |tx| session::find_valid(tx, &tokens, now).await).await
}
