//! Actions that change a trade and send a notice to the merchant.

use crate::faults::NoticeSubject;
use crate::notice::deliver::deliver;
use crate::notice::{Notice, PendingNotice};
use crate::state::SimulatorState;
use crate::trade::payment::{PayError, Payer};
use crate::trade::refund::{RefundError, RefundRequest};
use crate::trade::store::{Submission, TradeSelector};
use crate::trade::{Refund, Trade};

/// Pays a trade and queues its notice for delivery.
pub fn pay(state: &SimulatorState, which: TradeSelector<'_>, payer: &Payer) -> Result<Trade, PayError> {
    let now_ms = state.clock().now();
    let trade = state.trades().pay(which, payer, now_ms)?;
    if let Some(notice) = Notice::for_payment(&trade) {
        state.dispatcher().enqueue(now_ms, PendingNotice::first(notice));
    }
    Ok(trade)
}

/// Refunds a trade and queues the notice for the time when the refund ends. Repeating the same refund returns the
/// existing one and sends no second notice.
pub fn refund(
    state: &SimulatorState,
    (mch_id, out_trade_no): (&str, &str),
    request: RefundRequest,
) -> Result<(Trade, Refund), RefundError> {
    let now_ms = state.clock().now();
    let number = (mch_id, out_trade_no);
    let (trade, refund, repeat) = state.trades().add_refund(number, request, state.refund_rule(), now_ms)?;
    if let (Submission::First, Some(notice)) = (repeat, Notice::for_refund(&trade, &refund)) {
        state.dispatcher().enqueue(refund.ends_ms, PendingNotice::first(notice));
    }
    Ok((trade, refund))
}

/// Restarts an abnormal refund and queues a new notice.
pub fn retry_refund(state: &SimulatorState, mch_id: &str, out_refund_no: &str) -> Option<(Trade, Refund)> {
    let now_ms = state.clock().now();
    let takes_ms = state.refund_takes_ms();
    let (trade, refund) = state.trades().retry_refund((mch_id, out_refund_no), takes_ms, now_ms)?;
    if let Some(notice) = Notice::for_refund(&trade, &refund) {
        state.dispatcher().enqueue(refund.ends_ms, PendingNotice::first(notice));
    }
    Some((trade, refund))
}

/// Delivers the due refund notices of a trade and waits for the answers.
pub async fn notify_refund_now(state: &SimulatorState, out_trade_no: &str) {
    loop {
        let is_match = |pending: &PendingNotice| {
            pending.notice.about == NoticeSubject::Refund && pending.notice.out_trade_no == out_trade_no
        };
        let due = state.dispatcher().queue().pop_matching(state.clock().now(), is_match);
        let Some(pending) = due else { return };
        deliver(state, pending).await;
    }
}

/// Pays a trade and waits for the answer to its notice. Nothing happens if the order was not placed.
pub async fn pay_and_notify(state: &SimulatorState, out_trade_no: &str) {
    let now_ms = state.clock().now();
    let paid = state.trades().pay(TradeSelector::Number(out_trade_no), &Payer::demo(), now_ms);
    let notice = paid.ok().as_ref().and_then(Notice::for_payment);
    if let Some(notice) = notice {
        deliver(state, PendingNotice::first(notice)).await;
    }
}
