//! One of the shop's processes. Its worker number makes its ids differ from those of
//! other nodes.
//!
//! A node that cannot renew its number in time fences itself: it writes nothing until it
//! has a number again. So a node that was disconnected or suspended never commits an id
//! that another node may be making.

mod renew;

use std::sync::atomic::{AtomicI64, AtomicU16, Ordering};
use std::time::{Duration, Instant};

use crate::domain::clock::{Clock, UtcMs};
use crate::infra::db::{Db, DbError};
use crate::infra::secret::random_hex;
use crate::store::worker_lease::{self, LEASE, LeaseOutcome, SKEW_MAX};

pub use renew::{problem, release_number, renew_or_replace};

/// How long before the end of its lease a node stops writing: longer than any running
/// transaction can take.
const MARGIN: Duration = Duration::from_secs(60);

pub struct Node {
    holder: String,
    number: AtomicU16,
    /// How far this machine's clock is ahead of the database server's, in ms.
    ahead_ms: AtomicI64,
}

/// Why a process cannot join.
#[derive(Debug, thiserror::Error)]
pub enum NotJoined {
    #[error("all 1024 worker numbers are leased; stop a node first, or wait five minutes after a crash")]
    AllLeased,
    /// Ids and due times need clocks that agree.
    #[error("the clock of this machine is {} s {side}; set it (NTP), then start again", by.as_secs())]
    Clock {
        /// What it is ahead of or behind.
        side: &'static str,
        by: Duration,
    },
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Node {
    /// Leases a worker number. Fails if the clock of this machine differs too much.
    pub async fn join(db: &Db, clock: &Clock) -> Result<Node, NotJoined> {
        let (holder, ahead) = (random_hex(12), clock_ahead_ms(db, clock).await?);
        if ahead.unsigned_abs() > SKEW_MAX.as_millis() as u64 {
            let side =
                if ahead > 0 { "ahead of the database server's" } else { "behind the database server's" };
            return Err(NotJoined::Clock { side, by: Duration::from_millis(ahead.unsigned_abs()) });
        }
        let began = Instant::now();
        match take_lease(db, &holder, clock.now()).await? {
            LeaseOutcome::Number(number) => {
                db.fence(began + LEASE - MARGIN);
                Ok(Node { holder, number: AtomicU16::new(number), ahead_ms: AtomicI64::new(ahead) })
            }
            LeaseOutcome::AllLeased => Err(NotJoined::AllLeased),
            LeaseOutcome::ClockBehind(by) => Err(NotJoined::Clock { side: "behind another node's", by }),
        }
    }

    pub fn number(&self) -> u16 {
        self.number.load(Ordering::Relaxed)
    }
}

async fn take_lease(db: &Db, holder: &str, now: UtcMs) -> Result<LeaseOutcome, DbError> {
    let holder = holder.to_owned();
    db.write_through_fence(async move |tx| worker_lease::acquire(tx, &holder, now).await).await
}

/// How far this machine's clock is ahead of the database server's, in ms; 0 for a
/// clock that tests move, and for SQLite.
async fn clock_ahead_ms(db: &Db, clock: &Clock) -> Result<i64, DbError> {
    match clock {
        Clock::Manual(_) => return Ok(0),
        Clock::System => {}
    }
    let before = clock.now();
    let server = db.read::<_, DbError, _>(async move |tx| tx.server_ms().await).await?;
    Ok(server.map_or(0, |server| {
        // Half of the round trip had passed when the server looked.
        let here = before.0 + i64::try_from(clock.now().since(before).as_millis() / 2).unwrap_or(0);
        here - server
    }))
}
