//! One process among many: the worker number that keeps its ids apart from
//! those of others, and whether it may still write.
//!
//! A node that could not renew its number in time fences itself: it writes
//! nothing more until it holds a number again. So a node that was cut off, or
//! slept, never commits an id that another may be making.

use std::sync::atomic::{AtomicI64, AtomicU16, Ordering};
use std::time::{Duration, Instant};

use crate::domain::clock::{Clock, UtcMs};
use crate::flow::{App, Outcome};
use crate::infra::db::{Db, DbError};
use crate::infra::secret::random_hex;
use crate::store::worker_lease::{self, LEASE, LeaseOutcome, SKEW_MAX};

/// How long before its lease ends a node stops writing: longer than any
/// transaction that is under way can take.
const MARGIN: Duration = Duration::from_secs(60);

/// A place among the nodes.
pub struct Node {
    holder: String,
    number: AtomicU16,
    /// How far this machine's clock is ahead of the database server's, in ms.
    ahead_ms: AtomicI64,
}

/// Why a process cannot join.
#[derive(Debug, thiserror::Error)]
pub enum NotJoined {
    /// 1024 processes are enough for one shop.
    #[error("all 1024 worker numbers are leased; stop a node first, or wait five minutes after a crash")]
    AllHeld,
    /// Ids and due times need clocks that agree.
    #[error("the clock of this machine is {} s {side}; set it (NTP), then start again", by.as_secs())]
    Clock {
        /// Whom it is ahead of or behind.
        side: &'static str,
        /// How far.
        by: Duration,
    },
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Node {
    /// Takes a worker number, if the clock of this machine is right.
    pub async fn join(db: &Db, clock: &Clock) -> Result<Node, NotJoined> {
        let (holder, ahead) = (random_hex(12), ahead(db, clock).await?);
        if ahead.unsigned_abs() > SKEW_MAX.as_millis() as u64 {
            let side =
                if ahead > 0 { "ahead of the database server's" } else { "behind the database server's" };
            return Err(NotJoined::Clock { side, by: Duration::from_millis(ahead.unsigned_abs()) });
        }
        let began = Instant::now();
        match lease(db, &holder, clock.now()).await? {
            LeaseOutcome::Number(number) => {
                db.fence(began + LEASE - MARGIN);
                Ok(Node { holder, number: AtomicU16::new(number), ahead_ms: AtomicI64::new(ahead) })
            }
            LeaseOutcome::AllHeld => Err(NotJoined::AllHeld),
            LeaseOutcome::ClockBehind(by) => Err(NotJoined::Clock { side: "behind another node's", by }),
        }
    }

    /// The worker number.
    pub fn number(&self) -> u16 {
        self.number.load(Ordering::Relaxed)
    }
}

/// What is wrong with this node, in words; nothing if all is well.
pub fn ails(app: &App) -> Option<String> {
    let ahead = app.node.ahead_ms.load(Ordering::Relaxed);
    if ahead.unsigned_abs() > SKEW_MAX.as_millis() as u64 {
        return Some(format!("clock: {ahead} ms ahead of the database server's"));
    }
    (!app.db.takes_writes()).then(|| "worker number: not renewed in time".to_owned())
}

async fn lease(db: &Db, holder: &str, now: UtcMs) -> Result<LeaseOutcome, DbError> {
    let holder = holder.to_owned();
    db.write_through_fence(async move |tx| worker_lease::lease(tx, &holder, now).await).await
}

/// How far this machine's clock is ahead of the server's, in ms; a clock that
/// tests move and a database without a server of its own are always right.
async fn ahead(db: &Db, clock: &Clock) -> Result<i64, DbError> {
    let Clock::System = clock else { return Ok(0) };
    let before = clock.now();
    let server = db.read::<_, DbError, _>(async move |tx| tx.server_ms().await).await?;
    Ok(server.map_or(0, |server| {
        // Half of the round trip had passed when the server looked.
        let here = before.0 + i64::try_from(clock.now().since(before).as_millis() / 2).unwrap_or(0);
        here - server
    }))
}

/// Renews the number, or takes another where it is lost, and looks at the clocks.
pub async fn keep(app: &App) {
    match ahead(&app.db, &app.clock).await {
        Ok(ahead) => app.node.ahead_ms.store(ahead, Ordering::Relaxed),
        Err(error) => tracing::warn!(%error, "the database server's clock was not read"),
    }
    let began = Instant::now();
    match renew(app).await {
        Ok(()) => app.db.fence(began + LEASE - MARGIN),
        Err(error) => tracing::error!(%error, "the worker number was not renewed"),
    }
}

/// A number is renewed as long as nobody took it; a node that was away for
/// too long takes another.
async fn renew(app: &App) -> Result<(), NotJoined> {
    let (holder, now) = (app.node.holder.clone(), app.now());
    if app.db.write_through_fence(async move |tx| worker_lease::renew(tx, &holder, now).await).await? {
        return Ok(());
    }
    match lease(&app.db, &app.node.holder, now).await? {
        LeaseOutcome::Number(number) => {
            tracing::warn!(number, "another worker number was taken; the old one is somebody else's");
            app.take_number(number);
            app.node.number.store(number, Ordering::Relaxed);
            Ok(())
        }
        LeaseOutcome::AllHeld => Err(NotJoined::AllHeld),
        LeaseOutcome::ClockBehind(by) => Err(NotJoined::Clock { side: "behind another node's", by }),
    }
}

/// Gives the number back.
pub async fn leave(app: &App) -> Outcome<()> {
    let (holder, last) = (app.node.holder.clone(), app.last_id_at());
    Ok(app.db.write(async move |tx| worker_lease::release(tx, &holder, last).await).await?)
}
