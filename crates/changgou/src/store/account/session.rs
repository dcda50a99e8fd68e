//! Logins. A token is a random word; only its hash is stored, and taking the
//! row away ends the login at once.

use std::collections::{BTreeSet, HashMap};

use crate::domain::clock::UtcMs;
use crate::domain::limits::{ACCESS_TOKEN_LIFE, REFRESH_TOKEN_LIFE};
use crate::infra::db::{DbError, FromRow, Row, Tx, Value, params};
use crate::infra::secret::{random_hex, sha256_hex};
use crate::store::account::AccountRole;

/// The words a login consists of. They are shown once, to the one who logged in.
#[derive(Clone, Debug)]
pub struct SessionTokens {
    /// Opens the API until it expires.
    pub access: String,
    /// Buys a new pair once.
    pub refresh: String,
    /// Names the login without opening anything.
    pub jti: String,
}

/// Who a token belongs to.
#[derive(Clone, Debug)]
pub struct Session {
    /// The account.
    pub username: String,
    /// What it may do.
    pub role: AccountRole,
    /// The login's own name.
    pub jti: String,
    /// Until when the access token is good.
    pub expires: UtcMs,
}

impl FromRow for Session {
    fn from_row(row: &mut Row<'_>) -> Result<Session, DbError> {
        let (username, jti, expires) = (row.take()?, row.take()?, row.take()?);
        let role = AccountRole::read(&row.take::<String>()?);
        Ok(Session { username, role, jti, expires })
    }
}

impl FromRow for (Session, String) {
    fn from_row(row: &mut Row<'_>) -> Result<Self, DbError> {
        Ok((Session::from_row(row)?, row.take()?))
    }
}

impl SessionTokens {
    /// A fresh set of random words.
    pub fn draw() -> SessionTokens {
        SessionTokens { access: random_hex(32), refresh: random_hex(32), jti: random_hex(16) }
    }
}

/// Makes `tokens` a login of this account.
pub async fn open(
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

/// Those of the access tokens that open anything now, by the hashes they are given by.
pub async fn open_now(
    tx: &mut Tx<'_>,
    hashes: &BTreeSet<String>,
    now: UtcMs,
) -> Result<HashMap<String, Session>, DbError> {
    let head = "select s.username, s.jti, s.expires_ms, u.role, s.token_hash \
                from session s join tb_user u on u.username = s.username where s.token_hash";
    let hashes = hashes.iter().map(Value::from);
    let found = tx.rows_in::<(Session, String)>(head, hashes, "and u.status = '1'").await?;
    let open = found.into_iter().filter(|(login, _)| now < login.expires);
    Ok(open.map(|(login, hash)| (hash, login)).collect())
}

/// Whose refresh token this is, if it is still good, and the hash of the access
/// token that came with it.
pub async fn find_refresh(
    tx: &mut Tx<'_>,
    refresh: &str,
    now: UtcMs,
) -> Result<Option<(Session, String)>, DbError> {
    let sql = "select s.username, s.jti, s.expires_ms, u.role, s.token_hash from session s join tb_user u on u.username = s.username \
               where s.refresh_hash = ? and s.refresh_expires_ms > ? and u.status = '1'";
    tx.row(sql, params![sha256_hex(refresh.as_bytes()), now.0]).await
}

/// Ends the login of an access token; `true` if there was one.
pub async fn revoke(tx: &mut Tx<'_>, access: &str) -> Result<bool, DbError> {
    let sql = "delete from session where token_hash = ?";
    Ok(tx.exec(sql, params![sha256_hex(access.as_bytes())]).await? == 1)
}

/// Ends all logins of an account; the hashes of their access tokens.
pub async fn revoke_all(tx: &mut Tx<'_>, username: &str) -> Result<Vec<String>, DbError> {
    let sql = "select token_hash from session where username = ? for update";
    let hashes = tx.rows::<(String,)>(sql, params![username]).await?;
    tx.exec("delete from session where username = ?", params![username]).await?;
    Ok(hashes.into_iter().map(|(hash,)| hash).collect())
}

/// Uses a refresh token up; `true` for the one caller who did.
pub async fn spend_refresh(tx: &mut Tx<'_>, refresh: &str) -> Result<bool, DbError> {
    let sql = "delete from session where refresh_hash = ?";
    Ok(tx.exec(sql, params![sha256_hex(refresh.as_bytes())]).await? == 1)
}

/// Forgets logins that are over, a bounded number at a time.
pub async fn forget_expired(tx: &mut Tx<'_>, now: UtcMs) -> Result<(), DbError> {
    let over =
        "select token_hash from session where refresh_expires_ms < ? order by refresh_expires_ms limit 500";
    for (hash,) in tx.rows::<(String,)>(over, params![now.0]).await? {
        tx.exec("delete from session where token_hash = ?", params![hash]).await?;
    }
    Ok(())
}
