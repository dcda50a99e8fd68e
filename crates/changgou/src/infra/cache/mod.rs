//! The cache that nodes share: carts, logins, counters, a queue. Only this
//! folder names Redis. It may be lost at any time: whatever must not be lost
//! is in the database.
//!
//! A server that does not answer holds nobody up: the first call waits less
//! than a second, those after it fail at once until the server answers again,
//! which a task of its own finds out.

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

pub use counter::CounterValue;
pub use hash::{HashFields, SetOutcome};
pub use server_url::CacheUrl;
pub use sessions::CachedText;

use connection::CacheConnection;

/// What went wrong between us and the cache.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CacheError {
    /// It cannot be used as it is set up; what to do about it.
    #[error("{0}")]
    Start(String),
    /// It does not answer, or did not a moment ago. A change may have been made.
    #[error("the cache does not answer")]
    Away,
    /// It answered that it will not, in its own words.
    #[error("the cache refused: {0}")]
    Refused(String),
}

/// A handle on the cache. Clones share it.
#[derive(Clone)]
pub struct Cache(Arc<Handle>);

/// Its tasks end with the last handle.
struct Handle {
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

/// What handles and tasks share.
struct Shared {
    address: CacheUrl,
    prefix: String,
    link: Mutex<CacheConnection>,
    up: AtomicBool,
    /// Rung when a call failed, so that the keeper looks at once.
    failed: Notify,
    /// How often logins were revoked by any node, as far as we heard.
    revocations: AtomicU64,
}

impl Cache {
    /// Connects. A wrong address, a wrong password, an old server or none is an
    /// error that says what to do. `prefix` is put before every key.
    pub async fn open(address: CacheUrl, prefix: &str) -> Result<Cache, CacheError> {
        connection::look_over(&address).await?;
        let (link, master) = connection::connect_at_last(&address)
            .await
            .map_err(|error| CacheError::Start(format!("Redis at {}: {error}", address.shown())))?;
        let shared = Arc::new(Shared {
            address,
            prefix: prefix.to_owned(),
            link: Mutex::new(link),
            up: AtomicBool::new(true),
            failed: Notify::new(),
            revocations: AtomicU64::new(0),
        });
        metrics::gauge!("changgou_redis_up").set(1.0);
        let mut tasks = JoinSet::new();
        tasks.spawn(reconnect::keep(shared.clone(), master));
        tasks.spawn(reconnect::hear(shared.clone()));
        Ok(Cache(Arc::new(Handle { shared, _tasks: tasks })))
    }

    /// What does not work while the cache is away; `None` if it is there.
    pub fn trouble(&self) -> Option<&'static str> {
        (!self.is_up()).then_some("redis: no answer; carts and new orders answer 503, all else goes on")
    }

    /// Whether it answered when it was last asked.
    pub fn is_up(&self) -> bool {
        self.0.shared.is_up()
    }
}

impl Shared {
    fn is_up(&self) -> bool {
        self.up.load(Ordering::SeqCst)
    }

    fn link(&self) -> CacheConnection {
        self.link.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn relink(&self, link: CacheConnection) {
        *self.link.lock().unwrap_or_else(PoisonError::into_inner) = link;
    }

    /// A key as it is on the server.
    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}
