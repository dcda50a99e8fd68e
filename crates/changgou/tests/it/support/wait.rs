//! Waiting for something that happens in another task, process or server.

use std::time::Duration;

use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `is_so` holds; fails with `what` after a minute.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "not after a minute: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}
