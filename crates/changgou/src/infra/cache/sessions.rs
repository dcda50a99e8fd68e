//! Cached logins, shared by all nodes, and notifications of revoked ones.

use std::sync::atomic::Ordering;
use std::time::Duration;

use redis::Cmd;

use super::command::CommandRetry;
use super::{Cache, CacheError};

/// The channel on which nodes announce revoked logins.
pub(super) const CHANNEL: &str = "Session_revoked";

/// How long a revocation is stored: longer than a node takes from reading a login in the database to
/// caching it here.
const REVOKED: Duration = Duration::from_secs(60);

/// A text to be cached.
#[derive(Debug)]
pub struct CachedText {
    pub key: String,
    /// Not empty.
    pub text: String,
    pub life: Duration,
}

impl Cache {
    /// The cached text of each key; `None` also if it was revoked.
    pub async fn cached(&self, keys: &[String]) -> Result<Vec<Option<String>>, CacheError> {
        let commands: Vec<Cmd> = keys.iter().map(|key| self.command("GET", key)).collect();
        let noted: Vec<Option<String>> = self.send_each(&commands, CommandRetry::Harmless).await?;
        Ok(noted.into_iter().map(|text| text.filter(|text| !text.is_empty())).collect())
    }

    /// Caches texts whose keys do not exist and were not just revoked.
    pub async fn cache(&self, notes: &[CachedText]) -> Result<(), CacheError> {
        let commands = notes.iter().map(|note| {
            let mut command = self.command("SET", &note.key);
            command.arg(&note.text).arg("NX").arg("PX").arg(note.life.as_millis().max(1) as u64);
            command
        });
        let commands: Vec<Cmd> = commands.collect();
        self.send_each::<Option<String>>(&commands, CommandRetry::Harmless).await.map(drop)
    }

    /// Revokes the text of a key and notifies all nodes.
    pub async fn revoke(&self, key: &str) -> Result<(), CacheError> {
        let mut revoke = self.command("SET", key);
        revoke.arg("").arg("PX").arg(REVOKED.as_millis() as u64);
        let mut tell = self.command("PUBLISH", CHANNEL);
        tell.arg("");
        self.send_each::<redis::Value>(&[revoke, tell], CommandRetry::Harmless).await.map(drop)
    }

    /// Revocations by any node, as far as this node was notified.
    pub fn revocations(&self) -> u64 {
        self.0.shared.revocations.load(Ordering::SeqCst)
    }
}
