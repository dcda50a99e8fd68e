//! The clock of the clients, given by the caller.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the time in UTC ms. Requests carry this time, and responses whose time differs by five
/// minutes or more are refused.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// A clock that reads UTC ms from `now`.
    pub fn new(now: impl Fn() -> i64 + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(now))
    }

    /// The system clock.
    pub fn system() -> Clock {
        Clock::new(system_ms)
    }

    /// The current time in UTC ms.
    pub fn now(&self) -> i64 {
        (self.0)()
    }
}

/// The only place that reads the system clock.
#[expect(clippy::disallowed_methods)]
fn system_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock(..)")
    }
}
