//! Whose access token this is. Those who ask while others are being looked up
//! are looked up together: however many ask, it is one question to the cache
//! and one to the database.

use std::collections::{BTreeSet, HashMap};

use crate::domain::clock::{Clock, UtcMs};
use crate::domain::limits::{LOGINS_TOGETHER_MAX, READ_QUEUE_MAX};
use crate::flow::batcher::{self, Batcher};
use crate::flow::{App, Outcome};
use crate::infra::cache::Cache;
use crate::infra::db::{Db, DbError};
use crate::infra::secret::sha256_hex;
use crate::store::account::session::{self, Session};
use crate::store::account::session_cache;

/// Logins that open something now, by the hash of their token.
type Found = HashMap<String, Session>;

/// Hashes of tokens that are to be looked up.
pub struct SessionLookup(Batcher<String, Option<Session>>);

/// Who an access token belongs to, if it opens anything now.
pub async fn holds(app: &App, token: &str) -> Outcome<Option<Session>> {
    Ok(app.lookup.0.ask(sha256_hex(token.as_bytes())).await?)
}

impl SessionLookup {
    /// Opens the line; it closes with the shop.
    pub fn open(db: Db, cache: Option<Cache>, clock: Clock) -> SessionLookup {
        let (line, waiting) = Batcher::open(READ_QUEUE_MAX);
        tokio::spawn(async move {
            let look = async |tokens| look_up(&db, cache.as_ref(), tokens, clock.now()).await;
            batcher::look_up(waiting, LOGINS_TOGETHER_MAX, look).await;
        });
        SessionLookup(line)
    }
}

/// Asks the cache first, and the database about those the cache does not know,
/// or all where there is no cache or it is away.
async fn look_up(
    db: &Db,
    cache: Option<&Cache>,
    tokens: BTreeSet<String>,
    now: UtcMs,
) -> Result<Found, DbError> {
    let Some(cache) = cache else { return open_now(db, tokens, now).await };
    let mut found = session_cache::recall(cache, &tokens, now).await.unwrap_or_default();
    let unknown: BTreeSet<String> = tokens.into_iter().filter(|token| !found.contains_key(token)).collect();
    let opened = open_now(db, unknown, now).await?;
    if let Err(error) = session_cache::note(cache, &opened, now).await {
        tracing::debug!(%error, "logins were not noted");
    }
    found.extend(opened);
    Ok(found)
}

async fn open_now(db: &Db, tokens: BTreeSet<String>, now: UtcMs) -> Result<Found, DbError> {
    if tokens.is_empty() {
        return Ok(Found::new());
    }
    db.read(async move |tx| session::open_now(tx, &tokens, now).await).await
}
