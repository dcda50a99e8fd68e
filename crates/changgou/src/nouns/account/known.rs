//! Logins the database knew a moment ago, in the cache that nodes share: a
//! text `Session_<hash of the token>`. The database stays the truth.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Role;
use super::session::Login;
use crate::ground::cache::{Cache, CacheError};
use crate::ground::secret::sha256_hex;
use crate::values::clock::UtcMs;

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

/// Whose access token this is, if it was good a moment ago.
pub async fn recall(cache: &Cache, access: &str, now: UtcMs) -> Result<Option<Login>, CacheError> {
    let noted = cache.noted(&key(&sha256_hex(access.as_bytes()))).await?;
    let noted: Option<Noted> = noted.and_then(|text| serde_json::from_str(&text).ok());
    let login = noted.map(|Noted { username, role, jti, expires_ms }| Login {
        username,
        role: Role::read(&role),
        jti,
        expires: UtcMs(expires_ms),
    });
    Ok(login.filter(|login| now < login.expires))
}

/// Notes a login the database knew, unless it was revoked meanwhile.
pub async fn note(cache: &Cache, access: &str, login: &Login, now: UtcMs) -> Result<(), CacheError> {
    let noted = Noted {
        username: login.username.clone(),
        role: login.role.word().to_owned(),
        jti: login.jti.clone(),
        expires_ms: login.expires.0,
    };
    let text = serde_json::to_string(&noted).expect("a login is plain data");
    let life = FRESH.min(login.expires.since(now));
    cache.note(&key(&sha256_hex(access.as_bytes())), &text, life).await
}

/// Tells all nodes that a login is over.
pub async fn revoke(cache: &Cache, hash: &str) -> Result<(), CacheError> {
    cache.revoke(&key(hash)).await
}
