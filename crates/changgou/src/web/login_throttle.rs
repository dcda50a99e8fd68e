//! Wrong passwords are remembered for a while, by username and by address;
//! too many and nobody is let in from there, right or wrong.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::domain::clock::UtcMs;
use crate::domain::limits::{LOGIN_FAILURES_PER_ADDRESS_MAX, LOGIN_FAILURES_PER_USER_MAX, LOGIN_WINDOW};
use crate::domain::message::AccountMessage;
use crate::domain::refusal::Refusal;
use crate::infra::cache::{Cache, CounterValue};

/// Names and addresses remembered at once; a flood of others pushes nobody out
/// whose window still runs, it is only not remembered itself.
const REMEMBERED_MAX: usize = 100_000;

/// The memory of wrong passwords.
#[derive(Default)]
pub(super) struct LoginThrottle {
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

/// Where wrong passwords are counted and when.
pub(super) struct ThrottleKey<'a> {
    /// The cache in which all nodes count together, if there is one.
    pub(super) cache: Option<&'a Cache>,
    pub(super) name: &'a str,
    pub(super) address: IpAddr,
    pub(super) now: UtcMs,
}

impl ThrottleKey<'_> {
    /// The counters of all nodes: by name and by address.
    fn keys(&self) -> [String; 2] {
        [format!("Login_name_{}", self.name), format!("Login_address_{}", self.address)]
    }
}

impl LoginThrottle {
    /// Refuses where too many wrong passwords came before.
    pub(super) async fn check(&self, tried: &ThrottleKey<'_>) -> Result<(), Refusal> {
        let ThrottleKey { name, address, now, .. } = *tried;
        if let Some(counts) = counted(tried).await {
            return within(&counts, now, |count, most| count >= most);
        }
        let by_name = wait(&self.by_name, name, LOGIN_FAILURES_PER_USER_MAX, now);
        let by_address = wait(&self.by_address, &address, LOGIN_FAILURES_PER_ADDRESS_MAX, now);
        by_name.max(by_address).map_or(Ok(()), |seconds| Err(too_many(seconds)))
    }

    /// Remembers a wrong password. Where others were faster and made it one
    /// too many, it is refused instead of called wrong. It is remembered here
    /// too, for when the cache is away.
    pub(super) async fn failed(&self, tried: &ThrottleKey<'_>) -> Result<(), Refusal> {
        let ThrottleKey { name, address, now, .. } = *tried;
        let by_name = remember(&self.by_name, name.to_owned(), LOGIN_FAILURES_PER_USER_MAX, now);
        let by_address = remember(&self.by_address, address, LOGIN_FAILURES_PER_ADDRESS_MAX, now);
        if let Some(counts) = count(tried).await {
            return within(&counts, now, |count, most| count > most);
        }
        by_name.max(by_address).map_or(Ok(()), |seconds| Err(too_many(seconds)))
    }

    /// Forgets the wrong passwords of somebody who knew the right one.
    pub(super) async fn succeeded(&self, tried: &ThrottleKey<'_>) {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner).remove(tried.name);
        let [name, _] = tried.keys();
        if let Some(cache) = tried.cache
            && let Err(error) = cache.forget_count(&name).await
        {
            tracing::debug!(%error, "wrong passwords were not forgotten");
        }
    }
}

/// What all nodes counted; `None` if there is no cache that answers.
async fn counted(tried: &ThrottleKey<'_>) -> Option<Vec<CounterValue>> {
    let [name, address] = tried.keys();
    tried.cache?.counted(&[&name, &address], tried.now).await.ok()
}

/// Counts one more for all nodes; `None` if there is no cache that answers.
async fn count(tried: &ThrottleKey<'_>) -> Option<Vec<CounterValue>> {
    let [name, address] = tried.keys();
    tried.cache?.count(&[&name, &address], tried.now, LOGIN_WINDOW).await.ok()
}

/// Refuses if a count is too many by `is_over`, for as long as the longest window runs.
fn within(counts: &[CounterValue], now: UtcMs, is_over: impl Fn(u32, u32) -> bool) -> Result<(), Refusal> {
    let most = [LOGIN_FAILURES_PER_USER_MAX, LOGIN_FAILURES_PER_ADDRESS_MAX];
    let over = counts.iter().zip(most).filter(|(count, most)| is_over(count.count, *most));
    let seconds = over.map(|(count, _)| count.ends.since(now).as_secs().max(1)).max();
    seconds.map_or(Ok(()), |seconds| Err(too_many(seconds)))
}

fn too_many(seconds: u64) -> Refusal {
    Refusal::new(AccountMessage::TooManyAttempts { minutes: seconds.div_ceil(60) }).retry_after(seconds)
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
