//! Which WeChat user belongs to which account. Only operators bind them: with self-service, a user
//! could bind another person's WeChat and make that person pay for orders.

use crate::domain::clock::UtcMs;
use crate::domain::openid::Openid;
use crate::infra::db::{DbError, Tx, params};

/// The username of the account that this WeChat user is bound to.
pub async fn find_username(tx: &mut Tx<'_>, openid: &Openid) -> Result<Option<String>, DbError> {
    let sql = "select username from openid_binding where openid = ?";
    Ok(tx.row::<(String,)>(sql, params![openid.as_str()]).await?.map(|(username,)| username))
}

/// Binds a WeChat user to an account and replaces an earlier binding. The openid must not be bound to
/// another account.
pub async fn bind(
    tx: &mut Tx<'_>,
    openid: &Openid,
    username: &str,
    by: &str,
    now: UtcMs,
) -> Result<(), DbError> {
    unbind(tx, username).await?;
    let sql = "insert into openid_binding (openid, username, bound_by, bound_ms) values (?, ?, ?, ?)";
    tx.exec(sql, params![openid.as_str(), username, by, now.0]).await.map(drop)
}

/// `false` if the account has no binding.
pub async fn unbind(tx: &mut Tx<'_>, username: &str) -> Result<bool, DbError> {
    Ok(tx.exec("delete from openid_binding where username = ?", params![username]).await? == 1)
}
