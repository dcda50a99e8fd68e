//! Sending a notice again on request.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::Notice;
use super::deliver::send_copy;
use super::delivery_log::{Delivery, DeliveryCause};
use crate::state::SimulatorState;

/// Sends the same notice `times` times, `concurrent` copies at once. Faults do not apply, and the answers do not
/// change the retry schedule.
pub async fn resend(
    state: &SimulatorState,
    notice: Notice,
    times: u32,
    concurrent: u32,
) -> Vec<(u64, Arc<Delivery>)> {
    let notice = Arc::new(notice);
    let mut left = times;
    let mut delivered = Vec::new();
    while left > 0 {
        let round = left.min(concurrent.max(1));
        left -= round;
        delivered.extend(at_once(state, &notice, round).await);
    }
    delivered
}

async fn at_once(state: &SimulatorState, notice: &Arc<Notice>, copies: u32) -> Vec<(u64, Arc<Delivery>)> {
    let mut posts = JoinSet::new();
    for _ in 0..copies {
        posts.spawn(send_copy(state.clone(), Arc::clone(notice), None, DeliveryCause::Resend));
    }
    let record = |delivery| {
        let delivery = Arc::new(delivery);
        (state.dispatcher().log().write(Arc::clone(&delivery)), delivery)
    };
    posts.join_all().await.into_iter().map(record).collect()
}
