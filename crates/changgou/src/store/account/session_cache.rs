//! Logins the database knew a moment ago, in the cache that nodes share: a
//! text `Session_<hash of the token>`. The database stays the truth.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::AccountRole;
use super::session::Session;
use crate::domain::clock::UtcMs;
use crate::infra::cache::{Cache, CacheError, CachedText};

/// How long a login is believed. It bounds too how long one that was revoked
/// while the cache was away opens anything.
const FRESH: Duration = Duration::from_secs(30);

#[derive(Serialize, Deserialize)]
struct Noted {
    username: String,
    role: String,
    jti: String,
    expires_ms: i64,
}

fn key(hash: &str) -> String {
    format!("Session_{hash}")
}

impl Noted {
    fn of(login: &Session) -> Noted {
        Noted {
            username: login.username.clone(),
            role: login.role.word().to_owned(),
            jti: login.jti.clone(),
            expires_ms: login.expires.0,
        }
    }

    fn login(self) -> Session {
        let Noted { username, role, jti, expires_ms } = self;
        Session { username, role: AccountRole::read(&role), jti, expires: UtcMs(expires_ms) }
    }
}

/// Those of the access tokens that were good a moment ago, by the hashes they are given by.
pub async fn recall(
    cache: &Cache,
    hashes: &BTreeSet<String>,
    now: UtcMs,
) -> Result<HashMap<String, Session>, CacheError> {
    let keys: Vec<String> = hashes.iter().map(|hash| key(hash)).collect();
    let noted = cache.noted(&keys).await?;
    let logins = hashes.iter().zip(noted).filter_map(|(hash, text)| {
        let noted: Noted = serde_json::from_str(&text?).ok()?;
        Some((hash.clone(), noted.login()))
    });
    Ok(logins.filter(|(_, login)| now < login.expires).collect())
}

/// Notes logins the database knew, unless they were revoked meanwhile.
pub async fn note(cache: &Cache, logins: &HashMap<String, Session>, now: UtcMs) -> Result<(), CacheError> {
    let notes = logins.iter().map(|(hash, login)| CachedText {
        key: key(hash),
        text: serde_json::to_string(&Noted::of(login)).expect("a login is plain data"),
        life: FRESH.min(login.expires.since(now)),
    });
    cache.note(&notes.collect::<Vec<_>>()).await
}

/// Tells all nodes that a login is over.
pub async fn revoke(cache: &Cache, hash: &str) -> Result<(), CacheError> {
    cache.revoke(&key(hash)).await
}
