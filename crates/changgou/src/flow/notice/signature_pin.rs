//! Which signature a notice must carry: the one its attempt is pinned to. Lookups
//! that arrive while another is running share one query. A pin never changes, so
//! recent ones are cached.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::domain::limits::{PIN_BATCH_MAX, PINS_CACHED_MAX, READ_QUEUE_MAX};
use crate::flow::Outcome;
use crate::flow::batcher::{self, Batcher};
use crate::infra::db::{Db, DbError};
use crate::store::payment::attempt;

/// The recent pins, and the batched lookup of all others.
pub struct PinCache {
    recent: Mutex<RecentPins>,
    lookup: Batcher<String, Option<String>>,
}

impl PinCache {
    /// Starts the lookup task; it ends when the cache is dropped.
    pub fn open(db: Db) -> PinCache {
        let (lookup, waiting) = Batcher::open(READ_QUEUE_MAX);
        tokio::spawn(async move {
            let read = async |numbers| read_sign_types(&db, numbers).await;
            batcher::look_up(waiting, PIN_BATCH_MAX, read).await;
        });
        PinCache { recent: Mutex::default(), lookup }
    }

    /// Caches the pin of an attempt that is committed.
    pub(in crate::flow) fn store(&self, number: &str, pin: &str) {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).insert(number, pin);
    }

    fn cached(&self, number: &str) -> Option<String> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).get(number)
    }

    /// The signature type the attempt is pinned to; `None` if there is no such attempt.
    pub(super) async fn find_sign_type(&self, number: String) -> Outcome<Option<String>> {
        if let Some(pin) = self.cached(&number) {
            return Ok(Some(pin));
        }
        let found = self.lookup.call(number.clone()).await?;
        if let Some(pin) = &found {
            self.store(&number, pin);
        }
        Ok(found)
    }
}

async fn read_sign_types(db: &Db, numbers: BTreeSet<String>) -> Result<HashMap<String, String>, DbError> {
    db.read(async move |tx| Ok(attempt::find_sign_types(tx, &numbers).await?.into_iter().collect())).await
}

/// Pins by number. When `new` is full it becomes `old`, and the previous `old` is
/// dropped.
#[derive(Default)]
struct RecentPins {
    new: HashMap<String, String>,
    old: HashMap<String, String>,
}

impl RecentPins {
    fn get(&self, number: &str) -> Option<String> {
        self.new.get(number).or_else(|| self.old.get(number)).cloned()
    }

    fn insert(&mut self, number: &str, pin: &str) {
        if self.new.len() >= PINS_CACHED_MAX {
            self.old = std::mem::take(&mut self.new);
        }
        self.new.insert(number.to_owned(), pin.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_pins_are_kept_up_to_a_bound() {
        let mut pins = RecentPins::default();
        for number in 0..=2 * PINS_CACHED_MAX {
            pins.insert(&number.to_string(), "MD5");
        }
        assert!(pins.new.len() + pins.old.len() <= 2 * PINS_CACHED_MAX);
        assert_eq!(pins.get("0"), None);
        assert_eq!(pins.get(&(2 * PINS_CACHED_MAX).to_string()).as_deref(), Some("MD5"));
        assert_eq!(pins.get(&PINS_CACHED_MAX.to_string()).as_deref(), Some("MD5"));
    }
}
