//! Worker numbers, which keep the ids of two processes apart. Owns `worker_lease`.

use std::time::Duration;

use crate::ground::db::{DbError, Tx, params};
use crate::values::clock::UtcMs;

/// How long a number is kept without being renewed.
pub const LEASE: Duration = Duration::from_secs(300);

/// Worker numbers there are.
const NUMBERS: i64 = 1024;

/// Takes a number nobody holds; `None` if all are held.
pub async fn lease(tx: &mut Tx<'_>, holder: &str, now: UtcMs) -> Result<Option<u16>, DbError> {
    tx.exec("delete from worker_lease where until_ms < ?", params![now.0]).await?;
    let held = tx.rows::<(i64,)>("select worker from worker_lease order by worker", &[]).await?;
    let Some(free) = (0..NUMBERS).find(|number| !held.contains(&(*number,))) else {
        return Ok(None);
    };
    let sql = "insert into worker_lease (worker, holder, until_ms) values (?, ?, ?)";
    tx.exec(sql, params![free, holder, now.plus(LEASE).0]).await?;
    Ok(u16::try_from(free).ok())
}

/// Keeps a number; `false` if somebody else has it by now.
pub async fn renew(tx: &mut Tx<'_>, holder: &str, now: UtcMs) -> Result<bool, DbError> {
    let sql = "update worker_lease set until_ms = ? where holder = ?";
    Ok(tx.exec(sql, params![now.plus(LEASE).0, holder]).await? == 1)
}

/// Gives a number back.
pub async fn release(tx: &mut Tx<'_>, holder: &str) -> Result<(), DbError> {
    tx.exec("delete from worker_lease where holder = ?", params![holder]).await.map(drop)
}
