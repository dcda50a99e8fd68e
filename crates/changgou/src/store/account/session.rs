//! Logins. A token is random; only its hash is stored, and deleting the row ends the login at once.

use std::collections::{BTreeSet, HashMap};

use crate::domain::clock::UtcMs;
use crate::domain::limits::{ACCESS_TOKEN_LIFE, REFRESH_TOKEN_LIFE};
use crate::infra::db::{DbError, Tx, Value, from_row, params};
use crate::infra::secret::{random_hex, sha256_hex};
use crate::store::account::AccountRole;

/// The secrets of a login. They are shown once, to the user who logged in.
#[derive(Clone, Debug)]
pub struct SessionTokens {
    /// Authenticates requests until it expires.
    pub access: String,
    /// Can be exchanged for new tokens once.
    pub refresh: String,
    /// Identifies the login; not a secret.
    pub jti: String,
}

#[derive(Clone, Debug)]
pub struct Session {
    pub username: String,
    pub role: AccountRole,
    pub jti: String,
    /// When the access token expires.
    pub expires: UtcMs,
}

struct StoredSession {
    session: Session,
    token_hash: String,
}

from_row! {
    StoredSession { session: Session { username, role, jti, expires: expires_ms }, token_hash }
}

impl SessionTokens {
    pub fn generate() -> SessionTokens {
        SessionTokens { access: random_hex(32), refresh: random_hex(32), jti: random_hex(16) }
    }
}

pub async fn insert(
    tx: &mut Tx<'_>,
    username: &str,
    tokens: &SessionTokens,
    now: UtcMs,
) -> Result<(), DbError> {
    let sql = "insert into session (token_hash, refresh_hash, jti, username, expires_ms, refresh_expires_ms) \
               values (?, ?, ?, ?, ?, ?)";
    let (access, refresh) = (sha256_hex(tokens.access.as_bytes()), sha256_hex(tokens.refresh.as_bytes()));
    let (until, refresh_until) = (now.plus(ACCESS_TOKEN_LIFE).0, now.plus(REFRESH_TOKEN_LIFE).0);
    tx.exec(sql, params![access, refresh, &tokens.jti, username, until, refresh_until]).await.map(drop)
}

/// The valid logins among these, keyed by the hash of the access token.
pub async fn find_valid(
    tx: &mut Tx<'_>,
    hashes: &BTreeSet<String>,
    now: UtcMs,
) -> Result<HashMap<String, Session>, DbError> {
    let head = "select s.username, s.jti, s.expires_ms, u.role, s.token_hash \
                from session s join tb_user u on u.username = s.username where s.token_hash";
    let hashes = hashes.iter().map(Value::from);
    let found = tx.rows_in::<StoredSession>(head, hashes, "and u.status = '1'").await?;
    let open = found.into_iter().filter(|stored| now < stored.session.expires);
    Ok(open.map(|stored| (stored.token_hash, stored.session)).collect())
}

/// The login of this refresh token, if it is valid, and the hash of its access token.
pub async fn find_by_refresh_token(
    tx: &mut Tx<'_>,
    refresh: &str,
    now: UtcMs,
) -> Result<Option<(Session, String)>, DbError> {
    let sql = "select s.username, s.jti, s.expires_ms, u.role, s.token_hash from session s join tb_user u on u.username = s.username \
               where s.refresh_hash = ? and s.refresh_expires_ms > ? and u.status = '1'";
    let found = tx.row::<StoredSession>(sql, params![sha256_hex(refresh.as_bytes()), now.0]).await?;
    Ok(found.map(|stored| (stored.session, stored.token_hash)))
}

/// `true` if the login existed.
pub async fn revoke(tx: &mut Tx<'_>, access: &str) -> Result<bool, DbError> {
    let sql = "delete from session where token_hash = ?";
    Ok(tx.exec(sql, params![sha256_hex(access.as_bytes())]).await? == 1)
}

/// Ends all logins of an account and returns the hashes of their access tokens.
pub async fn revoke_all_for_user(tx: &mut Tx<'_>, username: &str) -> Result<Vec<String>, DbError> {
    let sql = "select token_hash from session where username = ? for update";
    let hashes = tx.rows::<(String,)>(sql, params![username]).await?;
    tx.exec("delete from session where username = ?", params![username]).await?;
    Ok(hashes.into_iter().map(|(hash,)| hash).collect())
}

/// `true` for the one caller that used the token.
pub async fn use_refresh_token(tx: &mut Tx<'_>, refresh: &str) -> Result<bool, DbError> {
    let sql = "delete from session where refresh_hash = ?";
    Ok(tx.exec(sql, params![sha256_hex(refresh.as_bytes())]).await? == 1)
}

/// Deletes a bounded number of expired logins.
pub async fn delete_expired(tx: &mut Tx<'_>, now: UtcMs) -> Result<(), DbError> {
    let over =
        "select token_hash from session where refresh_expires_ms < ? order by refresh_expires_ms limit 500";
    for (hash,) in tx.rows::<(String,)>(over, params![now.0]).await? {
        tx.exec("delete from session where token_hash = ?", params![hash]).await?;
    }
    Ok(())
}
