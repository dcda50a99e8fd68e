//! Delivering notices in real time.

use std::sync::Arc;
use std::time::Duration;

use super::deliver::deliver;
use crate::clock::ClockMode;
use crate::state::SimulatorState;

impl SimulatorState {
    /// Delivers notices when they are due and never returns. With a manual clock it returns at once, because only an
    /// advance sends notices.
    pub async fn deliver_notices(self) {
        match self.clock().mode() {
            ClockMode::Real => deliver_forever(self).await,
            ClockMode::Manual { .. } => {}
        }
    }
}

/// Delivers due notices concurrently and never returns.
async fn deliver_forever(state: SimulatorState) {
    loop {
        let Ok(permit) = Arc::clone(&state.dispatcher().permits).acquire_owned().await else {
            return;
        };
        let due = state.dispatcher().queue().pop_due(state.clock().now());
        match due {
            Some(pending) => {
                let state = state.clone();
                tokio::spawn(async move {
                    deliver(&state, pending).await;
                    drop(permit);
                });
            }
            None => {
                drop(permit);
                wait(&state).await;
            }
        }
    }
}

/// Waits until the next notice is due, or until a wakeup says that this may have changed.
async fn wait(state: &SimulatorState) {
    let wakeup = state.dispatcher().wakeup.notified();
    let next_due = state.dispatcher().queue().next_due();
    match next_due {
        Some(due_ms) => {
            let ms = u64::try_from(due_ms - state.clock().now()).unwrap_or(0);
            // The queue is checked again after either.
            let _ = tokio::time::timeout(Duration::from_millis(ms), wakeup).await;
        }
        None => wakeup.await,
    }
}
