//! What one client or many have measured: how many requests, how fast, what was refused.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::latencies::Latencies;

/// The reason of requests that got no response.
pub const LOST: &str = "lost";

/// Statistics by kind of request.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    pub kinds: BTreeMap<&'static str, KindStats>,
}

/// Statistics of one kind of request.
#[derive(Clone, Debug, Default)]
pub struct KindStats {
    /// Of all requests that got a response.
    pub latencies: Latencies,
    pub successes: u64,
    /// Requests without success, by the shop's reason.
    pub refused: BTreeMap<String, u64>,
    /// Responses with a status of 500 or more.
    pub server_errors: u64,
}

impl Stats {
    pub fn success(&mut self, kind: &'static str, latency: Duration) {
        let stats = self.kinds.entry(kind).or_default();
        stats.latencies.record(latency);
        stats.successes += 1;
    }

    /// A response with a status of 400 or more.
    pub fn refused(&mut self, kind: &'static str, latency: Duration, status: u16, reason: &str) {
        let stats = self.kinds.entry(kind).or_default();
        stats.latencies.record(latency);
        stats.server_errors += u64::from(status >= 500);
        count(&mut stats.refused, reason, 1);
    }

    /// A request without a response.
    pub fn lost(&mut self, kind: &'static str) {
        count(&mut self.kinds.entry(kind).or_default().refused, LOST, 1);
    }

    pub fn successes_of(&self, kind: &str) -> u64 {
        self.kinds.get(kind).map_or(0, |stats| stats.successes)
    }

    /// All requests of a kind, with or without success.
    pub fn requests_of(&self, kind: &str) -> u64 {
        self.kinds.get(kind).map_or(0, |stats| stats.successes + stats.refused.values().sum::<u64>())
    }

    pub fn add(&mut self, other: &Stats) {
        for (kind, theirs) in &other.kinds {
            let ours = self.kinds.entry(kind).or_default();
            ours.latencies.add(&theirs.latencies);
            ours.successes += theirs.successes;
            ours.server_errors += theirs.server_errors;
            theirs.refused.iter().for_each(|(reason, number)| count(&mut ours.refused, reason, *number));
        }
    }
}

fn count(refused: &mut BTreeMap<String, u64>, reason: &str, number: u64) {
    match refused.get_mut(reason) {
        Some(count) => *count += number,
        None => drop(refused.insert(reason.to_owned(), number)),
    }
}
