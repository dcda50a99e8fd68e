//! A queue ordered by time. Each due entry is returned to one caller.

use redis::Cmd;

use super::command::CommandRetry;
use super::{Cache, CacheError};
use crate::domain::clock::UtcMs;

/// Removes and returns the due entries, the oldest first.
const TAKE: &str = "\
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
if #due > 0 then redis.call('ZREM', KEYS[1], unpack(due)) end
return due";

impl Cache {
    /// Adds a name to the queue or changes its time.
    pub async fn schedule(&self, queue: &str, name: &str, at: UtcMs) -> Result<(), CacheError> {
        let mut command: Cmd = self.command("ZADD", queue);
        command.arg(at.0).arg(name);
        self.send::<i64>(command, CommandRetry::Harmless).await.map(drop)
    }

    /// Removes and returns up to `most` due names.
    pub async fn take_due(&self, queue: &str, now: UtcMs, most: i64) -> Result<Vec<String>, CacheError> {
        let mut command = self.script(TAKE, queue);
        command.arg(now.0).arg(most);
        self.send(command, CommandRetry::Never).await
    }
}
