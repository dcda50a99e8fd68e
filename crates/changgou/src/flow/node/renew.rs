//! Keeps the worker number of a running node.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::{MARGIN, NotJoined, clock_ahead_ms, take_lease};
use crate::flow::{App, Outcome};
use crate::store::worker_lease::{self, LEASE, LeaseOutcome, SKEW_MAX};

/// Why this node is not ready, in words; `None` if it is.
pub fn problem(app: &App) -> Option<String> {
    let ahead = app.node.ahead_ms.load(Ordering::Relaxed);
    if ahead.unsigned_abs() > SKEW_MAX.as_millis() as u64 {
        return Some(format!("clock: {ahead} ms ahead of the database server's"));
    }
    (!app.db.accepts_writes()).then(|| "worker number: not renewed in time".to_owned())
}

/// Renews the lease of the worker number, or takes another number if it is lost, and
/// compares the clocks.
pub async fn renew_or_replace(app: &App) {
    match clock_ahead_ms(&app.db, &app.clock).await {
        Ok(ahead) => app.node.ahead_ms.store(ahead, Ordering::Relaxed),
        Err(error) => tracing::warn!(%error, "the clock of the database server cannot be read"),
    }
    let began = Instant::now();
    match renew(app).await {
        Ok(()) => app.db.fence(began + LEASE - MARGIN),
        Err(error) => tracing::error!(%error, "the worker number cannot be renewed"),
    }
}

/// The number can be renewed as long as no other node has taken it.
async fn renew(app: &App) -> Result<(), NotJoined> {
    let (holder, now) = (app.node.holder.clone(), app.now());
    if app.db.write_through_fence(async move |tx| worker_lease::renew(tx, &holder, now).await).await? {
        return Ok(());
    }
    match take_lease(&app.db, &app.node.holder, now).await? {
        LeaseOutcome::Number(number) => {
            tracing::warn!(number, "this node has a new worker number; another node has taken the old one");
            app.take_number(number);
            app.node.number.store(number, Ordering::Relaxed);
            Ok(())
        }
        LeaseOutcome::AllLeased => Err(NotJoined::AllLeased),
        LeaseOutcome::ClockBehind(by) => Err(NotJoined::Clock { side: "behind another node's", by }),
    }
}

pub async fn release_number(app: &App) -> Outcome<()> {
    let (holder, last) = (app.node.holder.clone(), app.last_id_at());
    Ok(app.db.write(async move |tx| worker_lease::release(tx, &holder, last).await).await?)
}
