//! Logins that were good a moment ago, for all nodes, and news of those that no longer are.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::ask::Repeat;
use super::{Cache, CacheError};

/// Where nodes tell each other that a login was revoked.
pub(super) const CHANNEL: &str = "Session_revoked";

/// How long it is remembered that a login was revoked: longer than any node
/// takes from reading a login in the database to noting it here.
const REVOKED: Duration = Duration::from_secs(60);

impl Cache {
    /// What was noted below a key; `None` too where it was revoked.
    pub async fn noted(&self, key: &str) -> Result<Option<String>, CacheError> {
        let noted: Option<String> = self.ask(self.command("GET", key), Repeat::Harmless).await?;
        Ok(noted.filter(|text| !text.is_empty()))
    }

    /// Notes a text for a while, unless there is one or it was just revoked.
    pub async fn note(&self, key: &str, text: &str, life: Duration) -> Result<(), CacheError> {
        let mut command = self.command("SET", key);
        command.arg(text).arg("NX").arg("PX").arg(life.as_millis().max(1) as u64);
        self.ask::<Option<String>>(command, Repeat::Harmless).await.map(drop)
    }

    /// Revokes what is noted below a key, and tells all nodes.
    pub async fn revoke(&self, key: &str) -> Result<(), CacheError> {
        let mut revoke = self.command("SET", key);
        revoke.arg("").arg("PX").arg(REVOKED.as_millis() as u64);
        let mut tell = self.command("PUBLISH", CHANNEL);
        tell.arg("");
        self.ask_each::<redis::Value>(&[revoke, tell], Repeat::Harmless).await.map(drop)
    }

    /// How often logins were revoked by any node, as far as this one heard.
    pub fn revocations(&self) -> u64 {
        self.0.shared.revocations.load(Ordering::SeqCst)
    }
}
