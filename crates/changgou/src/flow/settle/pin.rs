//! With which signature a notice must be signed: its attempt's. Those who ask
//! while others are being answered are answered with one question. A pin never
//! changes, so what was heard of an attempt is remembered for a while.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::domain::limits::{PINS_KEPT_MAX, PINS_TOGETHER_MAX, READ_QUEUE_MAX};
use crate::flow::batcher::{self, Batcher};
use crate::flow::{App, Outcome};
use crate::infra::db::{Db, DbError};
use crate::store::payment::attempt;

/// What is remembered, and the line of those who ask about other attempts.
pub struct PinCache {
    remembered: Mutex<Remembered>,
    line: Batcher<String, Option<String>>,
}

impl PinCache {
    /// Opens the line; it closes with the shop.
    pub fn open(db: Db) -> PinCache {
        let (line, waiting) = Batcher::open(READ_QUEUE_MAX);
        tokio::spawn(async move {
            let look = async |numbers| look_up(&db, numbers).await;
            batcher::look_up(waiting, PINS_TOGETHER_MAX, look).await;
        });
        PinCache { remembered: Mutex::default(), line }
    }

    /// Remembers what was committed.
    pub(in crate::flow) fn remember(&self, number: &str, pin: &str) {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner).put(number, pin);
    }

    fn recall(&self, number: &str) -> Option<String> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner).get(number)
    }
}

/// The signature the attempt of this number is pinned to, if there is one.
pub(super) async fn pinned(app: &App, number: String) -> Outcome<Option<String>> {
    if let Some(pin) = app.pins.recall(&number) {
        return Ok(Some(pin));
    }
    let found = app.pins.line.ask(number.clone()).await?;
    if let Some(pin) = &found {
        app.pins.remember(&number, pin);
    }
    Ok(found)
}

async fn look_up(db: &Db, numbers: BTreeSet<String>) -> Result<HashMap<String, String>, DbError> {
    db.read(async move |tx| Ok(attempt::pins(tx, &numbers).await?.into_iter().collect())).await
}

/// The pins heard last, by number: as many as may be kept are in `new`, and as
/// many older ones in `old`, which is forgotten when `new` is full.
#[derive(Default)]
struct Remembered {
    new: HashMap<String, String>,
    old: HashMap<String, String>,
}

impl Remembered {
    fn get(&self, number: &str) -> Option<String> {
        self.new.get(number).or_else(|| self.old.get(number)).cloned()
    }

    fn put(&mut self, number: &str, pin: &str) {
        if self.new.len() >= PINS_KEPT_MAX {
            self.old = std::mem::take(&mut self.new);
        }
        self.new.insert(number.to_owned(), pin.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_remembered_for_a_while_and_never_too_many() {
        let mut pins = Remembered::default();
        for number in 0..=2 * PINS_KEPT_MAX {
            pins.put(&number.to_string(), "MD5");
        }
        assert!(pins.new.len() + pins.old.len() <= 2 * PINS_KEPT_MAX);
        assert_eq!(pins.get("0"), None);
        assert_eq!(pins.get(&(2 * PINS_KEPT_MAX).to_string()).as_deref(), Some("MD5"));
        assert_eq!(pins.get(&PINS_KEPT_MAX.to_string()).as_deref(), Some("MD5"));
    }
}
