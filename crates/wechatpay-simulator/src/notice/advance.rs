//! Advancing the virtual clock.

use super::deliver::deliver;
use super::dispatcher::MAX_CONCURRENT;
use crate::state::SimulatorState;

/// Moves the clock forward by `ms`. It stops at each time when notices are due and delivers them one after another.
/// Returns the new time in UTC ms once all were answered.
pub async fn advance(state: SimulatorState, ms: i64) -> i64 {
    let turn = state.dispatcher().advance_lock.acquire().await;
    let target_ms = state.clock().now().saturating_add(ms);
    while let Some(due_ms) = next_due(&state).filter(|due| *due <= target_ms) {
        state.clock().advance_to(due_ms);
        deliver_due(&state).await;
    }
    // When all permits are free, no delivery is running in the background.
    drop(state.dispatcher().permits.acquire_many(MAX_CONCURRENT).await);
    state.clock().advance_to(target_ms);
    state.dispatcher().wakeup.notify_one();
    drop(turn);
    state.clock().now()
}

async fn deliver_due(state: &SimulatorState) {
    loop {
        let due = state.dispatcher().queue().pop_due(state.clock().now());
        let Some(pending) = due else { return };
        deliver(state, pending).await;
    }
}

fn next_due(state: &SimulatorState) -> Option<i64> {
    state.dispatcher().queue().next_due()
}
