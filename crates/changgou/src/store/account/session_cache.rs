//! Logins cached in Redis under `Session_<hash of the token>`. The database stays authoritative.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::AccountRole;
use super::session::Session;
use crate::domain::clock::UtcMs;
use crate::infra::cache::{Cache, CacheError, CachedText};

/// How long a cached login is accepted. A login that was revoked while Redis was unreachable stays
/// valid for at most this long.
const FRESH: Duration = Duration::from_secs(30);

#[derive(Serialize, Deserialize)]
struct CachedLogin {
    username: String,
    role: String,
    jti: String,
    expires_ms: i64,
}

fn key(hash: &str) -> String {
    format!("Session_{hash}")
}

impl CachedLogin {
    fn from_session(login: &Session) -> CachedLogin {
        CachedLogin {
            username: login.username.clone(),
            role: login.role.word().to_owned(),
            jti: login.jti.clone(),
            expires_ms: login.expires.0,
        }
    }

    fn into_session(self) -> Session {
        let CachedLogin { username, role, jti, expires_ms } = self;
        let role = AccountRole::parse(&role).unwrap_or(AccountRole::Buyer);
        Session { username, role, jti, expires: UtcMs(expires_ms) }
    }
}

/// The cached logins among these, keyed by the hash of the access token.
pub async fn find(
    cache: &Cache,
    hashes: &BTreeSet<String>,
    now: UtcMs,
) -> Result<HashMap<String, Session>, CacheError> {
    let keys: Vec<String> = hashes.iter().map(|hash| key(hash)).collect();
    let noted = cache.cached(&keys).await?;
    let logins = hashes.iter().zip(noted).filter_map(|(hash, text)| {
        let noted: CachedLogin = serde_json::from_str(&text?).ok()?;
        Some((hash.clone(), noted.into_session()))
    });
    Ok(logins.filter(|(_, login)| now < login.expires).collect())
}

/// Caches logins that were just read from the database, unless they were revoked meanwhile.
pub async fn store(cache: &Cache, logins: &HashMap<String, Session>, now: UtcMs) -> Result<(), CacheError> {
    let notes = logins.iter().map(|(hash, login)| CachedText {
        key: key(hash),
        text: serde_json::to_string(&CachedLogin::from_session(login)).expect("a login is plain data"),
        life: FRESH.min(login.expires.since(now)),
    });
    cache.cache(&notes.collect::<Vec<_>>()).await
}

pub async fn revoke(cache: &Cache, hash: &str) -> Result<(), CacheError> {
    cache.revoke(&key(hash)).await
}
