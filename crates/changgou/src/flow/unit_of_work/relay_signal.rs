//! Wakes the outbox relay of this node.

use std::sync::Arc;

use tokio::sync::Notify;

/// Closed if there is no broker: then nothing is written to the outbox.
#[derive(Clone, Debug)]
pub struct RelaySignal(Option<Arc<Notify>>);

impl RelaySignal {
    pub fn open() -> RelaySignal {
        RelaySignal(Some(Arc::default()))
    }

    pub fn closed() -> RelaySignal {
        RelaySignal(None)
    }

    pub(super) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn wake(&self) {
        if let Some(relay) = &self.0 {
            relay.notify_one();
        }
    }

    /// Waits until messages were committed on this node.
    pub async fn woken(&self) {
        match &self.0 {
            Some(relay) => relay.notified().await,
            None => std::future::pending().await,
        }
    }
}
