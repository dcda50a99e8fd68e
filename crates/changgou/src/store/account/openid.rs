//! Which WeChat is whose. Operators say so: a WeChat that somebody could bind
//! themselves would let them talk others into paying for what is sent to them.

use crate::domain::clock::UtcMs;
use crate::domain::openid::Openid;
use crate::infra::db::{DbError, Tx, params};

/// The account this WeChat is bound to.
pub async fn owner(tx: &mut Tx<'_>, openid: &Openid) -> Result<Option<String>, DbError> {
    let sql = "select username from openid_binding where openid = ?";
    Ok(tx.row::<(String,)>(sql, params![openid.as_str()]).await?.map(|(username,)| username))
}

/// Binds a WeChat to an account, in place of the one that was. The WeChat must
/// be bound to nobody else.
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

/// Takes an account's WeChat from it; `false` if it has none.
pub async fn unbind(tx: &mut Tx<'_>, username: &str) -> Result<bool, DbError> {
    Ok(tx.exec("delete from openid_binding where username = ?", params![username]).await? == 1)
}
