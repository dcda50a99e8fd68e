//! Counters with a time window, shared by all nodes.

use std::time::Duration;

use redis::Cmd;

use super::command::CommandRetry;
use super::{Cache, CacheError};
use crate::domain::clock::UtcMs;

/// A counter is a count and the end of its window by the caller's clock. The server's clock is used
/// only to expire old keys.
const COUNT: &str = "\
local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local count, ends = 0, now + window
local known = redis.call('HMGET', KEYS[1], 'count', 'ends')
if known[1] and tonumber(known[2]) > now then count, ends = tonumber(known[1]), tonumber(known[2]) end
redis.call('HSET', KEYS[1], 'count', count + 1, 'ends', string.format('%.0f', ends))
redis.call('PEXPIRE', KEYS[1], window)
return {count + 1, ends}";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CounterValue {
    /// The count in the current window.
    pub count: u32,
    pub ends: UtcMs,
}

impl Cache {
    /// Increments each counter. A window begins with its first count.
    pub async fn increment_counters(
        &self,
        keys: &[&str],
        now: UtcMs,
        window: Duration,
    ) -> Result<Vec<CounterValue>, CacheError> {
        let one = |key: &&str| {
            let mut command = self.script(COUNT, key);
            command.arg(now.0).arg(u64::try_from(window.as_millis()).unwrap_or(u64::MAX));
            command
        };
        let commands: Vec<Cmd> = keys.iter().map(one).collect();
        let counted: Vec<(u32, i64)> = self.send_each(&commands, CommandRetry::Never).await?;
        Ok(counted.into_iter().map(|(count, ends)| CounterValue { count, ends: UtcMs(ends) }).collect())
    }

    /// The values at `now`.
    pub async fn counter_values(&self, keys: &[&str], now: UtcMs) -> Result<Vec<CounterValue>, CacheError> {
        let one = |key: &&str| {
            let mut command = self.command("HMGET", key);
            command.arg("count").arg("ends");
            command
        };
        let commands: Vec<Cmd> = keys.iter().map(one).collect();
        let known: Vec<(Option<u32>, Option<i64>)> =
            self.send_each(&commands, CommandRetry::Harmless).await?;
        let read = |(count, ends): (Option<u32>, Option<i64>)| {
            let known = CounterValue { count: count.unwrap_or(0), ends: UtcMs(ends.unwrap_or(0)) };
            if now < known.ends { known } else { CounterValue::default() }
        };
        Ok(known.into_iter().map(read).collect())
    }

    pub async fn reset_counter(&self, key: &str) -> Result<(), CacheError> {
        self.send::<i64>(self.command("DEL", key), CommandRetry::Harmless).await.map(drop)
    }
}
