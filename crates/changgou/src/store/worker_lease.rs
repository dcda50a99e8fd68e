//! Worker numbers, which make the ids of two processes different. Owns `worker_lease`.
//!
//! A number is free once its `until_ms` has passed. A process that releases its number sets it to the
//! time in its last id: a process whose clock has stepped back finds the number still leased and cannot
//! make those ids again.

use std::time::Duration;

use crate::domain::clock::UtcMs;
use crate::infra::db::{DbError, Tx, params};

/// How long a lease lasts without renewal.
pub const LEASE: Duration = Duration::from_secs(300);

const NUMBERS: i64 = 1024;

/// How far the clocks of two nodes may differ.
pub const SKEW_MAX: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseOutcome {
    Number(u16),
    /// All numbers are leased.
    AllLeased,
    /// Another node renewed its lease at a time that is still in the future here.
    ClockBehind(Duration),
}

pub async fn acquire(tx: &mut Tx<'_>, holder: &str, now: UtcMs) -> Result<LeaseOutcome, DbError> {
    let sql = "select worker, until_ms, holder from worker_lease order by worker";
    let leases = tx.rows::<(i64, i64, String)>(sql, &[]).await?;
    let active = leases.iter().filter(|(_, _, holder)| !holder.is_empty());
    let renewed = active.map(|(_, until, _)| UtcMs(*until).minus(LEASE)).max().unwrap_or_default();
    if renewed > now.plus(SKEW_MAX) {
        return Ok(LeaseOutcome::ClockBehind(renewed.since(now)));
    }
    let until_of =
        |number: i64| leases.iter().find(|(worker, _, _)| *worker == number).map(|(_, until, _)| *until);
    let mut numbers = (0..NUMBERS).map(|number| (number, until_of(number)));
    let Some((number, until)) = numbers.find(|(_, until)| until.is_none_or(|until| until < now.0)) else {
        return Ok(LeaseOutcome::AllLeased);
    };
    take_number(tx, number, until, holder, now.plus(LEASE)).await?;
    Ok(u16::try_from(number).map_or(LeaseOutcome::AllLeased, LeaseOutcome::Number))
}

/// If two nodes take the same number, the second transaction runs again and finds another.
async fn take_number(
    tx: &mut Tx<'_>,
    number: i64,
    before: Option<i64>,
    holder: &str,
    until: UtcMs,
) -> Result<(), DbError> {
    let Some(before) = before else {
        let sql = "insert into worker_lease (worker, holder, until_ms) values (?, ?, ?)";
        return tx.exec(sql, params![number, holder, until.0]).await.map(drop);
    };
    let sql = "update worker_lease set holder = ?, until_ms = ? where worker = ? and until_ms = ?";
    match tx.exec(sql, params![holder, until.0, number, before]).await? {
        1 => Ok(()),
        _ => Err(tx.race_error("a worker number was taken")),
    }
}

/// `false` if another node holds the number now.
pub async fn renew(tx: &mut Tx<'_>, holder: &str, now: UtcMs) -> Result<bool, DbError> {
    let until = now.plus(LEASE).0;
    let sql =
        "update worker_lease set until_ms = case when until_ms > ? then until_ms else ? end where holder = ?";
    Ok(tx.exec(sql, params![until, until, holder]).await? == 1)
}

/// How many numbers are leased, by processes that run or died within [`LEASE`].
pub async fn count_active(tx: &mut Tx<'_>, now: UtcMs) -> Result<i64, DbError> {
    let sql = "select count(*) from worker_lease where holder <> '' and until_ms > ?";
    Ok(tx.required_row::<(i64,)>(sql, params![now.0]).await?.0)
}

/// Ends the lease. The ids made with it contain no time after `last`.
pub async fn release(tx: &mut Tx<'_>, holder: &str, last: UtcMs) -> Result<(), DbError> {
    let sql = "update worker_lease set holder = '', until_ms = ? where holder = ?";
    tx.exec(sql, params![last.0, holder]).await.map(drop)
}
