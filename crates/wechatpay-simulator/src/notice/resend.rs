//! The same notice again, because somebody asked.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::deliver::post_copy;
use super::delivery_log::{Cause, Delivery};
use super::pending_notice::Notice;
use crate::state::World;

/// Posts the very same notice `times` times, `concurrent` at once. Faults do not touch it, and nothing that waits
/// on the ladder is changed by the answers.
pub async fn resend(world: &World, notice: Notice, times: u32, concurrent: u32) -> Vec<(u64, Arc<Delivery>)> {
    let notice = Arc::new(notice);
    let mut left = times;
    let mut delivered = Vec::new();
    while left > 0 {
        let round = left.min(concurrent.max(1));
        left -= round;
        delivered.extend(at_once(world, &notice, round).await);
    }
    delivered
}

async fn at_once(world: &World, notice: &Arc<Notice>, copies: u32) -> Vec<(u64, Arc<Delivery>)> {
    let mut posts = JoinSet::new();
    for _ in 0..copies {
        posts.spawn(post_copy(world.clone(), Arc::clone(notice), None, Cause::Resend));
    }
    let record = |delivery| {
        let delivery = Arc::new(delivery);
        (world.post().log().write(Arc::clone(&delivery)), delivery)
    };
    posts.join_all().await.into_iter().map(record).collect()
}
