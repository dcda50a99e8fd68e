//! Wrong passwords are remembered for a while, by username and by address;
//! too many and nobody is let in from there, right or wrong.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::values::clock::UtcMs;
use crate::values::limits::{LOGIN_FAILURES_PER_ADDRESS_MAX, LOGIN_FAILURES_PER_USER_MAX, LOGIN_WINDOW};
use crate::values::refusal::{Reason, Refusal};

/// Names and addresses remembered at once; a flood of others pushes nobody out
/// whose window still runs, it is only not remembered itself.
const REMEMBERED_MAX: usize = 100_000;

/// The memory of wrong passwords.
#[derive(Default)]
pub(super) struct Throttle {
    by_name: Mutex<HashMap<String, Failures>>,
    by_address: Mutex<HashMap<IpAddr, Failures>>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    until: UtcMs,
}

impl Failures {
    fn seconds_left(&self, now: UtcMs) -> u64 {
        self.until.since(now).as_secs().max(1)
    }
}

impl Throttle {
    /// Refuses where too many wrong passwords came before.
    pub(super) fn check(&self, name: &str, address: IpAddr, now: UtcMs) -> Result<(), Refusal> {
        let by_name = wait(&self.by_name, name, LOGIN_FAILURES_PER_USER_MAX, now);
        let by_address = wait(&self.by_address, &address, LOGIN_FAILURES_PER_ADDRESS_MAX, now);
        by_name.max(by_address).map_or(Ok(()), |seconds| Err(too_many(seconds)))
    }

    /// Remembers a wrong password. Where others were faster and made it one
    /// too many, it is refused instead of called wrong.
    pub(super) fn failed(&self, name: &str, address: IpAddr, now: UtcMs) -> Result<(), Refusal> {
        let by_name = remember(&self.by_name, name.to_owned(), LOGIN_FAILURES_PER_USER_MAX, now);
        let by_address = remember(&self.by_address, address, LOGIN_FAILURES_PER_ADDRESS_MAX, now);
        by_name.max(by_address).map_or(Ok(()), |seconds| Err(too_many(seconds)))
    }

    /// Forgets the wrong passwords of somebody who knew the right one.
    pub(super) fn succeeded(&self, name: &str) {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

fn too_many(seconds: u64) -> Refusal {
    let zh = format!("尝试次数过多，请 {} 分钟后再试", seconds.div_ceil(60));
    let en = format!("Too many attempts; please wait {} minutes.", seconds.div_ceil(60));
    Refusal::new(Reason::TooManyRequests, zh, en).retry_after(seconds)
}

fn wait<K, Q>(memory: &Mutex<HashMap<K, Failures>>, key: &Q, most: u32, now: UtcMs) -> Option<u64>
where
    K: Hash + Eq + std::borrow::Borrow<Q>,
    Q: Hash + Eq + ?Sized,
{
    let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    let failures = memory.get(key).filter(|failures| failures.count >= most && now < failures.until)?;
    Some(failures.seconds_left(now))
}

/// Counts one more; the seconds to wait if it is one more than `most`.
fn remember<K: Hash + Eq>(
    memory: &Mutex<HashMap<K, Failures>>,
    key: K,
    most: u32,
    now: UtcMs,
) -> Option<u64> {
    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    if memory.len() >= REMEMBERED_MAX {
        memory.retain(|_, failures| now < failures.until);
    }
    if memory.len() >= REMEMBERED_MAX && !memory.contains_key(&key) {
        return None;
    }
    let fresh = Failures { count: 0, until: now.plus(LOGIN_WINDOW) };
    let failures = memory.entry(key).or_insert(fresh);
    if failures.until <= now {
        *failures = fresh;
    }
    failures.count += 1;
    (failures.count > most).then(|| failures.seconds_left(now))
}
