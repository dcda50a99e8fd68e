//! What changes a trade and owes the merchant a notice.

use crate::faults::Subject;
use crate::notice::deliver::deliver;
use crate::notice::{Letter, Notice};
use crate::state::World;
use crate::trade::payment::{PayRefusal, Payer};
use crate::trade::refund::{RefundRefusal, Wish};
use crate::trade::store::{Repeat, Which};
use crate::trade::{Refund, Trade};

/// Pays a trade and leaves its notice to be delivered now.
pub fn pay(world: &World, which: Which<'_>, payer: &Payer) -> Result<Trade, PayRefusal> {
    let now_ms = world.clock().now();
    let trade = world.book().pay(which, payer, now_ms)?;
    if let Some(notice) = Notice::of_payment(&trade) {
        world.post().put(now_ms, Letter::first(notice));
    }
    Ok(trade)
}

/// Refunds the merchant's trade of this number and leaves the notice to be delivered when the refund ends. The same
/// refund again is the refund that was made, and tells nobody twice.
pub fn refund(
    world: &World,
    (mch_id, out_trade_no): (&str, &str),
    wish: Wish,
) -> Result<(Trade, Refund), RefundRefusal> {
    let now_ms = world.clock().now();
    let number = (mch_id, out_trade_no);
    let (trade, refund, repeat) = world.book().give_back(number, wish, world.refund_rule(), now_ms)?;
    if let (Repeat::First, Some(notice)) = (repeat, Notice::of_refund(&trade, &refund)) {
        world.post().put(refund.ends_ms, Letter::first(notice));
    }
    Ok((trade, refund))
}

/// Sends a refund that sticks on its way again, and tells how it ended anew.
pub fn retry_refund(world: &World, mch_id: &str, out_refund_no: &str) -> Option<(Trade, Refund)> {
    let now_ms = world.clock().now();
    let takes_ms = world.refund_takes_ms();
    let (trade, refund) = world.book().retry_refund((mch_id, out_refund_no), takes_ms, now_ms)?;
    if let Some(notice) = Notice::of_refund(&trade, &refund) {
        world.post().put(refund.ends_ms, Letter::first(notice));
    }
    Some((trade, refund))
}

/// Delivers the notices of a trade's refunds that are due, and waits until they were answered.
pub async fn notify_refund_now(world: &World, out_trade_no: &str) {
    loop {
        let is_it = |letter: &Letter| {
            letter.notice.about == Subject::Refund && letter.notice.out_trade_no == out_trade_no
        };
        let due = world.post().queue().pop_which(world.clock().now(), is_it);
        let Some(letter) = due else { return };
        deliver(world, letter).await;
    }
}

/// Pays a trade and waits until its notice was answered. An order that was not placed cannot be paid, and then there is
/// nothing to notify.
pub async fn pay_and_notify(world: &World, out_trade_no: &str) {
    let now_ms = world.clock().now();
    let paid = world.book().pay(Which::Number(out_trade_no), &Payer::anybody(), now_ms);
    let notice = paid.ok().as_ref().and_then(Notice::of_payment);
    if let Some(notice) = notice {
        deliver(world, Letter::first(notice)).await;
    }
}
