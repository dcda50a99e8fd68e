//! Delivery in real time.

use std::sync::Arc;
use std::time::Duration;

use super::deliver::deliver;
use crate::state::World;

/// Delivers whatever falls due, many at once, for ever.
pub async fn forever(world: World) {
    loop {
        let Ok(permit) = Arc::clone(&world.post().permits).acquire_owned().await else {
            return;
        };
        let due = world.post().queue().pop(world.clock().now());
        match due {
            Some(letter) => {
                let world = world.clone();
                tokio::spawn(async move {
                    deliver(&world, letter).await;
                    drop(permit);
                });
            }
            None => {
                drop(permit);
                wait(&world).await;
            }
        }
    }
}

/// Until the next letter is due, or until the bell says that this may have changed.
async fn wait(world: &World) {
    let bell = world.post().bell.notified();
    let next_due = world.post().queue().next_due();
    match next_due {
        Some(due_ms) => {
            let ms = u64::try_from(due_ms - world.clock().now()).unwrap_or(0);
            // Either end is a reason to look again.
            let _ = tokio::time::timeout(Duration::from_millis(ms), bell).await;
        }
        None => bell.await,
    }
}
