//! Moving the virtual clock, with everything that happens on the way.

use super::deliver::deliver;
use super::http_post::MAX_CONCURRENT;
use crate::state::World;

/// Moves the clock `ms` forward. It stops at each moment where notices are due and delivers them one after another;
/// it returns when all of them were answered, with the new now in ms UTC.
pub async fn advance(world: World, ms: i64) -> i64 {
    let turn = world.post().advance_turn.acquire().await;
    let target_ms = world.clock().now().saturating_add(ms);
    while let Some(due_ms) = next_due(&world).filter(|due| *due <= target_ms) {
        world.clock().leap_to(due_ms);
        deliver_due(&world).await;
    }
    // All permits free means that nothing is on its way in the background either.
    drop(world.post().permits.acquire_many(MAX_CONCURRENT).await);
    world.clock().leap_to(target_ms);
    world.post().bell.notify_one();
    drop(turn);
    world.clock().now()
}

async fn deliver_due(world: &World) {
    loop {
        let due = world.post().queue().pop(world.clock().now());
        let Some(letter) = due else { return };
        deliver(world, letter).await;
    }
}

fn next_due(world: &World) -> Option<i64> {
    world.post().queue().next_due()
}
