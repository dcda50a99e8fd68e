//! Redis, which the nodes share: carts, logins, counters and a queue. Its data may be lost at any time;
//! everything that must not be lost is in the database.
//!
//! A server that does not answer does not block requests: the first call waits less than a second,
//! later ones fail at once until a task finds that the server answers again.

mod command;
mod connection;
mod counter;
mod delay_queue;
mod hash;
mod reconnect;
mod server_url;
mod sessions;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::infra::metrics::REDIS_UP;

pub use counter::CounterValue;
pub use hash::{HashFields, SetOutcome};
pub use server_url::CacheUrl;
pub use sessions::CachedText;

use connection::CacheConnection;

#[derive(Clone, Debug, thiserror::Error)]
pub enum CacheError {
    /// Redis cannot be used with these settings; the message says what to do.
    #[error("{0}")]
    Start(String),
    /// Redis does not answer. The change may have been made.
    #[error("Redis does not answer")]
    Away,
    /// Redis returned an error.
    #[error("Redis returned an error: {0}")]
    Refused(String),
}

/// A handle on Redis. Clones share it.
#[derive(Clone)]
pub struct Cache(Arc<Handle>);

/// The tasks end with the last handle.
struct Handle {
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

/// Shared by handles and tasks.
struct Shared {
    address: CacheUrl,
    prefix: String,
    connection: Mutex<CacheConnection>,
    up: AtomicBool,
    /// Notified when a call fails, so that the reconnect task checks at once.
    failed: Notify,
    /// Revocations of logins by any node, as far as this node was notified.
    revocations: AtomicU64,
}

impl Cache {
    /// Connects. `prefix` is put before every key.
    ///
    /// # Errors
    ///
    /// [`CacheError::Start`] with a message that says what to do.
    pub async fn open(address: CacheUrl, prefix: &str) -> Result<Cache, CacheError> {
        connection::check_server(&address).await?;
        let (connection, master) = connection::connect_at_start(&address)
            .await
            .map_err(|error| CacheError::Start(format!("Redis at {}: {error}", address.redacted())))?;
        let shared = Arc::new(Shared {
            address,
            prefix: prefix.to_owned(),
            connection: Mutex::new(connection),
            up: AtomicBool::new(true),
            failed: Notify::new(),
            revocations: AtomicU64::new(0),
        });
        metrics::gauge!(REDIS_UP).set(1.0);
        let mut tasks = JoinSet::new();
        tasks.spawn(reconnect::keep_connected(shared.clone(), master));
        tasks.spawn(reconnect::listen_for_revocations(shared.clone()));
        Ok(Cache(Arc::new(Handle { shared, _tasks: tasks })))
    }

    /// What does not work while Redis does not answer; `None` if it does.
    pub fn problem(&self) -> Option<&'static str> {
        (!self.is_up()).then_some("redis: no answer; carts and new orders answer 503, everything else works")
    }

    /// Whether the last call was answered.
    pub fn is_up(&self) -> bool {
        self.0.shared.is_up()
    }
}

impl Shared {
    fn is_up(&self) -> bool {
        self.up.load(Ordering::SeqCst)
    }

    fn connection(&self) -> CacheConnection {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_connection(&self, connection: CacheConnection) {
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = connection;
    }

    /// The key with the prefix.
    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}
