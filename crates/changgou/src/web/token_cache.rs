//! Tokens that were valid a moment ago: a query for every request of a busy buyer
//! would cost more than many of the requests.
//!
//! A logout on this node takes effect at once; one on another node when the shared
//! cache announces it, at the latest after [`LIFETIME`].

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::clock::UtcMs;
use crate::store::account::session::Session;

/// How long an answer of the database is used.
const LIFETIME: Duration = Duration::from_secs(2);

/// Tokens at once; when there are more, all are removed.
const TOKENS_MAX: usize = 50_000;

#[derive(Default)]
pub(super) struct TokenCache {
    known: Mutex<HashMap<String, Known>>,
    /// How often the cache was cleared.
    clears: AtomicU64,
    /// Revocations by other nodes when the cache was last cleared for them.
    revocations_seen: AtomicU64,
}

struct Known {
    login: Session,
    until: UtcMs,
}

impl TokenCache {
    /// The login of this token, if it was valid a moment ago.
    pub(super) fn get(&self, token: &str, now: UtcMs) -> Option<Session> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(token).filter(|known| now < known.until).map(|known| known.login.clone())
    }

    /// To be read before the database is asked, for [`TokenCache::insert`].
    pub(super) fn clears(&self) -> u64 {
        self.clears.load(Ordering::SeqCst)
    }

    /// Keeps a token that was valid when the database was asked; not if the cache has
    /// been cleared since, because the logout may be its own.
    pub(super) fn insert(&self, token: String, login: Session, now: UtcMs, clears: u64) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if self.clears() != clears {
            return;
        }
        if known.len() >= TOKENS_MAX {
            known.clear();
        }
        let until = now.plus(LIFETIME).min(login.expires);
        known.insert(token, Known { login, until });
    }

    /// Clears the cache if another node has revoked a login since the last call;
    /// `revocations` is how many this node has been told of.
    pub(super) fn clear_if_revoked(&self, revocations: u64) {
        if self.revocations_seen.swap(revocations, Ordering::SeqCst) != revocations {
            self.clear();
        }
    }

    /// To be called when somebody has logged out or changed tokens.
    pub(super) fn clear(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.clears.fetch_add(1, Ordering::SeqCst);
        known.clear();
    }
}
