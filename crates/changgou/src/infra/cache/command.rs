//! Calls to Redis, each with a timeout.

use std::sync::atomic::Ordering;
use std::time::Duration;

use redis::{Cmd, ErrorKind, FromRedisValue, RedisError, ServerErrorKind, Value, from_redis_value};
use tokio::time::timeout;

use super::{Cache, CacheError, Shared};
use crate::infra::metrics::{REDIS_FAILURES, REDIS_UP};

/// Timeout of a call including its retry.
const TIMEOUT: Duration = Duration::from_millis(800);

/// Whether a call may be retried if Redis may have executed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CommandRetry {
    /// The command is idempotent.
    Harmless,
    Never,
}

impl Cache {
    /// A command on `key`; the prefix is added.
    pub(super) fn command(&self, name: &str, key: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(self.0.shared.key(key));
        command
    }

    /// A script on one `key`. Its text is sent each time, since a restarted server has no cached
    /// scripts.
    pub(super) fn script(&self, text: &str, key: &str) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(text).arg(1).arg(self.0.shared.key(key));
        command
    }

    pub(super) async fn send<T: FromRedisValue>(
        &self,
        command: Cmd,
        repeat: CommandRetry,
    ) -> Result<T, CacheError> {
        let mut answers = self.0.shared.each(&[command], repeat).await?;
        decode(answers.pop().unwrap_or(Value::Nil))
    }

    /// Sends all commands at once and returns one answer for each.
    pub(super) async fn send_each<T: FromRedisValue>(
        &self,
        commands: &[Cmd],
        repeat: CommandRetry,
    ) -> Result<Vec<T>, CacheError> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        self.0.shared.each(commands, repeat).await?.into_iter().map(decode).collect()
    }
}

/// Whether the server says that it cannot serve requests now.
fn is_unavailable(kind: ServerErrorKind) -> bool {
    use ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, ReadOnly};
    [BusyLoading, ClusterDown, MasterDown, ReadOnly].contains(&kind)
}

fn decode<T: FromRedisValue>(value: Value) -> Result<T, CacheError> {
    from_redis_value(value).map_err(|error| CacheError::Refused(error.to_string()))
}

impl Shared {
    async fn each(&self, commands: &[Cmd], repeat: CommandRetry) -> Result<Vec<Value>, CacheError> {
        if !self.is_up() {
            return Err(CacheError::Away);
        }
        let connection = self.connection();
        let asked = async {
            match connection.each(commands).await {
                // A lost connection is reopened by then; retrying a slow one would not help.
                Err(error) if repeat == CommandRetry::Harmless && error.is_connection_dropped() => {
                    connection.each(commands).await
                }
                answered => answered,
            }
        };
        match timeout(TIMEOUT, asked).await {
            Ok(answered) => answered.map_err(|error| self.failure(&error)),
            Err(_) => Err(self.mark_down("timeout")),
        }
    }

    fn failure(&self, error: &RedisError) -> CacheError {
        let is_away = error.is_io_error()
            || error.is_unrecoverable_error()
            || matches!(error.kind(), ErrorKind::ClusterConnectionNotFound)
            || matches!(error.kind(), ErrorKind::Server(kind) if is_unavailable(kind));
        if !is_away {
            metrics::counter!(REDIS_FAILURES).increment(1);
            return CacheError::Refused(error.to_string());
        }
        self.mark_down(&error.to_string())
    }

    /// Further calls fail at once until the reconnect task has found the server.
    fn mark_down(&self, why: &str) -> CacheError {
        metrics::counter!(REDIS_FAILURES).increment(1);
        if self.up.swap(false, Ordering::SeqCst) {
            metrics::gauge!(REDIS_UP).set(0.0);
            tracing::warn!(at = self.address.redacted(), why, "Redis does not answer");
        }
        self.failed.notify_one();
        CacheError::Away
    }

    pub(super) async fn ping(&self) -> bool {
        let connection = self.connection();
        let ping = [redis::cmd("PING")];
        matches!(timeout(TIMEOUT, connection.each(&ping)).await, Ok(Ok(_)))
    }

    pub(super) fn mark_up(&self) {
        if !self.up.swap(true, Ordering::SeqCst) {
            metrics::gauge!(REDIS_UP).set(1.0);
            tracing::info!(at = self.address.redacted(), "Redis answers again");
        }
    }

    pub(super) fn report_lost(&self, why: &str) {
        let _reported = self.mark_down(why);
    }
}
