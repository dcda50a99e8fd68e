//! Logins that were good a moment ago, for all nodes, and news of those that no longer are.

use std::sync::atomic::Ordering;
use std::time::Duration;

use redis::Cmd;

use super::command::CommandRetry;
use super::{Cache, CacheError};

/// Where nodes tell each other that a login was revoked.
pub(super) const CHANNEL: &str = "Session_revoked";

/// How long it is remembered that a login was revoked: longer than any node
/// takes from reading a login in the database to noting it here.
const REVOKED: Duration = Duration::from_secs(60);

/// A text to be noted for a while.
#[derive(Debug)]
pub struct CachedText {
    /// Below which key.
    pub key: String,
    /// The text; not empty.
    pub text: String,
    /// For how long.
    pub life: Duration,
}

impl Cache {
    /// What was noted below each key; `None` too where it was revoked.
    pub async fn noted(&self, keys: &[String]) -> Result<Vec<Option<String>>, CacheError> {
        let commands: Vec<Cmd> = keys.iter().map(|key| self.command("GET", key)).collect();
        let noted: Vec<Option<String>> = self.ask_each(&commands, CommandRetry::Harmless).await?;
        Ok(noted.into_iter().map(|text| text.filter(|text| !text.is_empty())).collect())
    }

    /// Notes texts for a while, unless there is one already or it was just revoked.
    pub async fn note(&self, notes: &[CachedText]) -> Result<(), CacheError> {
        let commands = notes.iter().map(|note| {
            let mut command = self.command("SET", &note.key);
            command.arg(&note.text).arg("NX").arg("PX").arg(note.life.as_millis().max(1) as u64);
            command
        });
        let commands: Vec<Cmd> = commands.collect();
        self.ask_each::<Option<String>>(&commands, CommandRetry::Harmless).await.map(drop)
    }

    /// Revokes what is noted below a key, and tells all nodes.
    pub async fn revoke(&self, key: &str) -> Result<(), CacheError> {
        let mut revoke = self.command("SET", key);
        revoke.arg("").arg("PX").arg(REVOKED.as_millis() as u64);
        let mut tell = self.command("PUBLISH", CHANNEL);
        tell.arg("");
        self.ask_each::<redis::Value>(&[revoke, tell], CommandRetry::Harmless).await.map(drop)
    }

    /// How often logins were revoked by any node, as far as this one heard.
    pub fn revocations(&self) -> u64 {
        self.0.shared.revocations.load(Ordering::SeqCst)
    }
}
