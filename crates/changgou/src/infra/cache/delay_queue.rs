//! A queue by time: whoever takes from it gets what is due, and nobody else does.

use redis::Cmd;

use super::command::CommandRetry;
use super::{Cache, CacheError};
use crate::domain::clock::UtcMs;

/// Takes out what is due, the longest due first.
const TAKE: &str = "\
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
if #due > 0 then redis.call('ZREM', KEYS[1], unpack(due)) end
return due";

impl Cache {
    /// Puts a name into the queue, or moves it to another time.
    pub async fn queue(&self, queue: &str, name: &str, at: UtcMs) -> Result<(), CacheError> {
        let mut command: Cmd = self.command("ZADD", queue);
        command.arg(at.0).arg(name);
        self.ask::<i64>(command, CommandRetry::Harmless).await.map(drop)
    }

    /// Takes up to `most` names that are due out of the queue.
    pub async fn take_due(&self, queue: &str, now: UtcMs, most: i64) -> Result<Vec<String>, CacheError> {
        let mut command = self.script(TAKE, queue);
        command.arg(now.0).arg(most);
        self.ask(command, CommandRetry::Never).await
    }
}
