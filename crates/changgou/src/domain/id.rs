//! Ids. They are sent as JSON strings, since numbers in JavaScript are exact only up to 2^53, and
//! accepted as strings or numbers.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::domain::clock::UtcMs;

/// The id of a row, such as a SKU, an address or a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub i64);

pub type SkuId = Id;

pub type AddressId = Id;

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Id, NotAnId> {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten().map(Id).ok_or(NotAnId)
    }
}

/// Not a non-negative integer of at most 63 bits.
#[derive(Debug, thiserror::Error)]
#[error("an id is a whole number of at most 19 digits")]
pub struct NotAnId;

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Id, D::Error> {
        input.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id (a string or a whole number)")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Id, E> {
        i64::try_from(number).map(Id).map_err(|_| E::custom(NotAnId))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
        text.parse().map_err(E::custom)
    }
}

/// The epoch of the Java shop's ids, 2010-11-04.
const EPOCH_MS: i64 = 1_288_834_974_657;

/// 1024 processes can make ids at once.
const WORKER_BITS: u32 = 10;

/// Ids per millisecond and process: 4096.
const COUNT_BITS: u32 = 12;

/// Makes ids that increase with time and are unique as long as worker numbers differ.
///
/// A full millisecond overflows into the next one, and a clock that steps back is ignored: within a
/// process ids always increase.
#[derive(Debug)]
pub struct Snowflake {
    worker: AtomicU64,
    last: AtomicU64,
}

impl Snowflake {
    /// Only the low ten bits of `worker` are used.
    pub fn new(worker: u16) -> Snowflake {
        Snowflake { worker: AtomicU64::new(worker_bits(worker)), last: AtomicU64::new(0) }
    }

    /// Uses another worker number from now on.
    pub fn become_worker(&self, worker: u16) {
        self.worker.store(worker_bits(worker), Ordering::Relaxed);
    }

    pub fn next(&self, now: UtcMs) -> Id {
        let floor = u64::try_from(now.0 - EPOCH_MS).unwrap_or(0) << COUNT_BITS;
        let step = |last: u64| Some(floor.max(last + 1));
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).unwrap_or_default();
        let tick = floor.max(last + 1);
        let (ms, count) = (tick >> COUNT_BITS, tick & ((1 << COUNT_BITS) - 1));
        let bits =
            ms << (WORKER_BITS + COUNT_BITS) | self.worker.load(Ordering::Relaxed) << COUNT_BITS | count;
        Id(i64::try_from(bits & (i64::MAX.unsigned_abs())).unwrap_or(i64::MAX))
    }

    /// The latest time that an id made so far contains.
    pub fn last_moment(&self) -> UtcMs {
        let ms = self.last.load(Ordering::Relaxed) >> COUNT_BITS;
        UtcMs(i64::try_from(ms).unwrap_or(0).saturating_add(EPOCH_MS))
    }
}

fn worker_bits(worker: u16) -> u64 {
    u64::from(worker) & ((1 << WORKER_BITS) - 1)
}

/// `NO.` and a snowflake id, as in the Java shop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(pub String);

impl OrderId {
    pub fn from_id(id: Id) -> OrderId {
        OrderId(format!("NO.{id}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_rise_even_when_the_clock_steps_back() {
        let ids = Snowflake::new(7);
        let now = UtcMs(1_795_456_575_250);
        let made: Vec<Id> = (0..10_000).map(|n| ids.next(UtcMs(now.0 - n % 5))).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn the_last_moment_is_known_even_when_ids_run_ahead_of_the_clock() {
        let (ids, now) = (Snowflake::new(7), UtcMs(1_795_456_575_250));
        ids.next(now);
        assert_eq!(ids.last_moment(), now);
        for _ in 0..5000 {
            ids.next(now);
        }
        assert_eq!(ids.last_moment(), UtcMs(now.0 + 1));
    }

    #[test]
    fn workers_never_make_the_same_id() {
        let now = UtcMs(1_795_456_575_250);
        let workers: Vec<Snowflake> = (0..4).map(Snowflake::new).collect();
        let made: HashSet<Id> = (0..4000).map(|n| workers[n % 4].next(now)).collect();
        assert_eq!(made.len(), 4000);
    }

    #[test]
    fn an_id_reads_from_a_string_or_a_number_and_nothing_else() {
        let read = |json: &str| serde_json::from_str::<Id>(json).ok();
        assert_eq!(read("\"1087918019495202816\""), Some(Id(1_087_918_019_495_202_816)));
        assert_eq!(read("42"), Some(Id(42)));
        for wrong in
            ["-1", "\"-1\"", "1.5", "\"\"", "\"1e3\"", "\"9223372036854775808\"", "null", "[1]", "\"+1\""]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
