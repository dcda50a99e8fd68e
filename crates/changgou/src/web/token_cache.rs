//! Tokens that were good a moment ago: asking the database again for every
//! request of a busy buyer would cost more than many of the requests.
//!
//! A logout here is known here at once; one on another node as soon as the
//! cache tells of it, and at the latest after [`FRESH`].

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::clock::UtcMs;
use crate::store::account::session::Session;

/// How long an answer of the database is believed.
const FRESH: Duration = Duration::from_secs(2);

/// Tokens remembered at once; when there are more, all are asked for again.
const REMEMBERED_MAX: usize = 50_000;

/// The memory of good tokens.
#[derive(Default)]
pub(super) struct TokenCache {
    known: Mutex<HashMap<String, Known>>,
    /// How often everybody was forgotten.
    forgotten: AtomicU64,
    /// How many revocations by other nodes were heard of by then.
    heard: AtomicU64,
}

struct Known {
    login: Session,
    until: UtcMs,
}

impl TokenCache {
    /// Whose token this is, if it was good a moment ago.
    pub(super) fn recall(&self, token: &str, now: UtcMs) -> Option<Session> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(token).filter(|known| now < known.until).map(|known| known.login.clone())
    }

    /// To be noted before the database is asked, for [`TokenCache::remember`].
    pub(super) fn times_forgotten(&self) -> u64 {
        self.forgotten.load(Ordering::SeqCst)
    }

    /// Remembers a token that was good when it was asked about, for as long as
    /// it stays good; not if somebody has logged out since.
    pub(super) fn remember(&self, token: String, login: Session, now: UtcMs, times_forgotten: u64) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if self.times_forgotten() != times_forgotten {
            return;
        }
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        let until = now.plus(FRESH).min(login.expires);
        known.insert(token, Known { login, until });
    }

    /// Forgets everybody if another node revoked a login since this was last
    /// asked; `revocations` counts those that were heard of.
    pub(super) fn heed(&self, revocations: u64) {
        if self.heard.swap(revocations, Ordering::SeqCst) != revocations {
            self.forget();
        }
    }

    /// Forgets everybody: somebody has logged out or changed tokens.
    pub(super) fn forget(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        known.clear();
    }
}
