//! Calls into the cache, each bounded in time.

use std::sync::atomic::Ordering;
use std::time::Duration;

use redis::{Cmd, ErrorKind, FromRedisValue, RedisError, ServerErrorKind, Value, from_redis_value};
use tokio::time::timeout;

use super::{Cache, CacheError, Shared};

/// How long a call may take in all, with its repeat.
const PATIENCE: Duration = Duration::from_millis(800);

/// Whether a call that may have been heard may be made once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CommandRetry {
    /// Twice is the same as once.
    Harmless,
    /// Twice would be one too many.
    Never,
}

impl Cache {
    /// A command about `key`, whose prefix is added.
    pub(super) fn command(&self, name: &str, key: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(self.0.shared.key(key));
        command
    }

    /// A script about one `key`. Its text is sent along each time: a server that
    /// was restarted knows no scripts.
    pub(super) fn script(&self, text: &str, key: &str) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(text).arg(1).arg(self.0.shared.key(key));
        command
    }

    pub(super) async fn ask<T: FromRedisValue>(
        &self,
        command: Cmd,
        repeat: CommandRetry,
    ) -> Result<T, CacheError> {
        let mut answers = self.0.shared.each(&[command], repeat).await?;
        read(answers.pop().unwrap_or(Value::Nil))
    }

    /// Sends all commands at once; one answer for each.
    pub(super) async fn ask_each<T: FromRedisValue>(
        &self,
        commands: &[Cmd],
        repeat: CommandRetry,
    ) -> Result<Vec<T>, CacheError> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        self.0.shared.each(commands, repeat).await?.into_iter().map(read).collect()
    }
}

/// Whether a server says that it is not, or not yet, the one to ask.
fn is_elsewhere(kind: ServerErrorKind) -> bool {
    use ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, ReadOnly};
    [BusyLoading, ClusterDown, MasterDown, ReadOnly].contains(&kind)
}

fn read<T: FromRedisValue>(value: Value) -> Result<T, CacheError> {
    from_redis_value(value).map_err(|error| CacheError::Refused(error.to_string()))
}

impl Shared {
    async fn each(&self, commands: &[Cmd], repeat: CommandRetry) -> Result<Vec<Value>, CacheError> {
        if !self.is_up() {
            return Err(CacheError::Away);
        }
        let link = self.link();
        let asked = async {
            match link.each(commands).await {
                // A connection that broke is made anew by then; one that is slow stays slow.
                Err(error) if repeat == CommandRetry::Harmless && error.is_connection_dropped() => {
                    link.each(commands).await
                }
                answered => answered,
            }
        };
        match timeout(PATIENCE, asked).await {
            Ok(answered) => answered.map_err(|error| self.failure(&error)),
            Err(_) => Err(self.away("it is too slow")),
        }
    }

    fn failure(&self, error: &RedisError) -> CacheError {
        let is_away = error.is_io_error()
            || error.is_unrecoverable_error()
            || matches!(error.kind(), ErrorKind::ClusterConnectionNotFound)
            || matches!(error.kind(), ErrorKind::Server(kind) if is_elsewhere(kind));
        if !is_away {
            metrics::counter!("changgou_redis_failures_total").increment(1);
            return CacheError::Refused(error.to_string());
        }
        self.away(&error.to_string())
    }

    /// Nobody asks any more until the keeper has found the server again.
    fn away(&self, why: &str) -> CacheError {
        metrics::counter!("changgou_redis_failures_total").increment(1);
        if self.up.swap(false, Ordering::SeqCst) {
            metrics::gauge!("changgou_redis_up").set(0.0);
            tracing::warn!(at = self.address.shown(), why, "Redis is away");
        }
        self.failed.notify_one();
        CacheError::Away
    }

    /// Asks whether the server is there.
    pub(super) async fn ping(&self) -> bool {
        let link = self.link();
        let ping = [redis::cmd("PING")];
        matches!(timeout(PATIENCE, link.each(&ping)).await, Ok(Ok(_)))
    }

    pub(super) fn back(&self) {
        if !self.up.swap(true, Ordering::SeqCst) {
            metrics::gauge!("changgou_redis_up").set(1.0);
            tracing::info!(at = self.address.shown(), "Redis is back");
        }
    }

    pub(super) fn lost(&self, why: &str) {
        let _known = self.away(why);
    }
}
