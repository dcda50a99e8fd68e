//! Counts wrong passwords by username and by address; after too many, logins are
//! refused for a while, with the right password too.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::domain::clock::UtcMs;
use crate::domain::limits::{LOGIN_FAILURES_PER_ADDRESS_MAX, LOGIN_FAILURES_PER_USER_MAX, LOGIN_WINDOW};
use crate::domain::message::AccountMessage;
use crate::domain::refusal::Refusal;
use crate::infra::cache::{Cache, CounterValue};

/// Names and addresses counted at once. When it is full, new ones are not counted;
/// those whose window still runs stay.
const ENTRIES_MAX: usize = 100_000;

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

/// The keys of one login: wrong passwords are counted by name and by address.
pub(super) struct ThrottleKey<'a> {
    /// The cache that all nodes share, if there is one.
    pub(super) cache: Option<&'a Cache>,
    pub(super) name: &'a str,
    /// The address, or its network: the owner of a network has many addresses.
    pub(super) network: IpAddr,
    pub(super) now: UtcMs,
}

impl ThrottleKey<'_> {
    /// Keys in the shared cache.
    fn keys(&self) -> [String; 2] {
        [format!("Login_name_{}", self.name), format!("Login_address_{}", self.network)]
    }
}

impl LoginThrottle {
    /// Refuses after too many wrong passwords.
    pub(super) async fn check(&self, tried: &ThrottleKey<'_>) -> Result<(), Refusal> {
        let ThrottleKey { name, network, now, .. } = *tried;
        if let Some(counts) = counted(tried).await {
            return within(&counts, now, |count, most| count >= most);
        }
        let by_name = wait(&self.by_name, name, LOGIN_FAILURES_PER_USER_MAX, now);
        let by_address = wait(&self.by_address, &network, LOGIN_FAILURES_PER_ADDRESS_MAX, now);
        by_name.max(by_address).map_or(Ok(()), |seconds| Err(too_many(seconds)))
    }

    /// Counts a wrong password. If concurrent logins have made it one too many, it is
    /// refused instead of called wrong. It is counted in memory too, for when the cache
    /// is down.
    pub(super) async fn failed(&self, tried: &ThrottleKey<'_>) -> Result<(), Refusal> {
        let ThrottleKey { name, network, now, .. } = *tried;
        let by_name = count_in_memory(&self.by_name, name.to_owned(), LOGIN_FAILURES_PER_USER_MAX, now);
        let by_address = count_in_memory(&self.by_address, network, LOGIN_FAILURES_PER_ADDRESS_MAX, now);
        if let Some(counts) = count(tried).await {
            return within(&counts, now, |count, most| count > most);
        }
        by_name.max(by_address).map_or(Ok(()), |seconds| Err(too_many(seconds)))
    }

    /// Resets the count of a name after the right password.
    pub(super) async fn succeeded(&self, tried: &ThrottleKey<'_>) {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner).remove(tried.name);
        let [name, _] = tried.keys();
        if let Some(cache) = tried.cache
            && let Err(error) = cache.reset_counter(&name).await
        {
            tracing::debug!(%error, "the count of wrong passwords was not reset");
        }
    }
}

/// The counts of all nodes; `None` if there is no cache or it does not answer.
async fn counted(tried: &ThrottleKey<'_>) -> Option<Vec<CounterValue>> {
    let [name, address] = tried.keys();
    tried.cache?.counter_values(&[&name, &address], tried.now).await.ok()
}

/// Counts one more for all nodes; `None` if there is no cache or it does not answer.
async fn count(tried: &ThrottleKey<'_>) -> Option<Vec<CounterValue>> {
    let [name, address] = tried.keys();
    tried.cache?.increment_counters(&[&name, &address], tried.now, LOGIN_WINDOW).await.ok()
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

/// Counts one more; the seconds to wait if that makes more than `most`.
fn count_in_memory<K: Hash + Eq>(
    memory: &Mutex<HashMap<K, Failures>>,
    key: K,
    most: u32,
    now: UtcMs,
) -> Option<u64> {
    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    if memory.len() >= ENTRIES_MAX {
        memory.retain(|_, failures| now < failures.until);
    }
    if memory.len() >= ENTRIES_MAX && !memory.contains_key(&key) {
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
