//! Whose access token this is. Those who ask while others are being looked up
//! are looked up together: however many ask, it is one question to the cache
//! and one to the database.

use std::collections::{BTreeSet, HashMap};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::flow::{App, Error, Outcome};
use crate::ground::cache::Cache;
use crate::ground::db::{Db, DbError};
use crate::ground::secret::sha256_hex;
use crate::nouns::account::known;
use crate::nouns::account::session::{self, Login};
use crate::values::clock::{Clock, UtcMs};
use crate::values::limits::{LOGINS_TOGETHER_MAX, READ_QUEUE_MAX};

/// Logins that open something now, by the hash of their token.
type Found = HashMap<String, Login>;

/// The hash of a token and where its answer goes.
type Waiting = (String, oneshot::Sender<Result<Option<Login>, DbError>>);

/// The queue of tokens that are to be looked up.
pub struct Lookup(mpsc::Sender<Waiting>);

/// Who an access token belongs to, if it opens anything now.
pub async fn holds(app: &App, token: &str) -> Outcome<Option<Login>> {
    let (answer, answered) = oneshot::channel();
    app.lookup.0.try_send((sha256_hex(token.as_bytes()), answer)).map_err(|refused| match refused {
        TrySendError::Full(_) => DbError::Busy,
        TrySendError::Closed(_) => DbError::Closed,
    })?;
    answered.await.map_err(|_| DbError::Closed)?.map_err(Error::Db)
}

impl Lookup {
    /// Opens the queue; it closes with the shop.
    pub fn open(db: Db, cache: Option<Cache>, clock: Clock) -> Lookup {
        let (queue, waiting) = mpsc::channel(READ_QUEUE_MAX);
        tokio::spawn(async move { answer_all(&db, cache.as_ref(), &clock, waiting).await });
        Lookup(queue)
    }
}

async fn answer_all(db: &Db, cache: Option<&Cache>, clock: &Clock, mut queue: mpsc::Receiver<Waiting>) {
    let mut waiting: Vec<Waiting> = Vec::with_capacity(LOGINS_TOGETHER_MAX);
    while queue.recv_many(&mut waiting, LOGINS_TOGETHER_MAX).await > 0 {
        let tokens = waiting.iter().map(|(token, _)| token.clone()).collect();
        let found = look_up(db, cache, tokens, clock.now()).await;
        for (token, answer) in waiting.drain(..) {
            // Whoever asked may have gone away.
            let _ = answer.send(found.as_ref().map(|found| found.get(&token).cloned()).map_err(Clone::clone));
        }
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
    let mut found = known::recall(cache, &tokens, now).await.unwrap_or_default();
    let unknown: BTreeSet<String> = tokens.into_iter().filter(|token| !found.contains_key(token)).collect();
    let opened = open_now(db, unknown, now).await?;
    if let Err(error) = known::note(cache, &opened, now).await {
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
