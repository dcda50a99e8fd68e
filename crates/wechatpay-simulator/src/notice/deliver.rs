//! Delivering one notice, with its fault.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::delivery_log::{Delivery, DeliveryCause, DeliveryOutcome};
use super::retry_schedule;
use super::{Notice, OutgoingMessage, PendingNotice};
use crate::faults::{Falsification, NoticeFault};
use crate::state::SimulatorState;

/// Delivers a due notice and schedules its next attempt.
pub async fn deliver(state: &SimulatorState, pending: PendingNotice) {
    let (about, number) = (pending.notice.about, &pending.notice.out_trade_no);
    let fault = state.faults().take_notice(about, number, |fault| pending.allows_fault(fault));
    match fault {
        Some(NoticeFault::Delay { ms }) => {
            let due_ms = state.clock().now().saturating_add(ms);
            state.dispatcher().enqueue(due_ms, PendingNotice { was_delayed: true, ..pending });
        }
        Some(NoticeFault::Reorder) => {
            hold_for_reorder(state, PendingNotice { was_reordered: true, ..pending })
        }
        Some(NoticeFault::Drop) => record_and_schedule(state, &pending, Vec::new()),
        Some(NoticeFault::Duplicate { copies }) => send(state, &pending, fault, copies).await,
        Some(NoticeFault::False(_)) | None => send(state, &pending, fault, 1).await,
    }
}

/// Sends one copy of a notice.
pub async fn send_copy(
    state: SimulatorState,
    notice: Arc<Notice>,
    fault: Option<NoticeFault>,
    cause: DeliveryCause,
) -> Delivery {
    let falsification = match fault {
        Some(NoticeFault::False(falsification)) => Some(falsification),
        Some(
            NoticeFault::Drop
            | NoticeFault::Delay { .. }
            | NoticeFault::Duplicate { .. }
            | NoticeFault::Reorder,
        )
        | None => None,
    };
    let message = notice.message(&state, falsification);
    let at_ms = state.clock().now();
    let outcome = state.dispatcher().http.post(&notice.url, &message).await;
    Delivery { fault: fault.map(name), ..blank(&notice, message, cause, at_ms, outcome) }
}

async fn send(state: &SimulatorState, pending: &PendingNotice, fault: Option<NoticeFault>, copies: u32) {
    let cause = DeliveryCause::Due { attempt: pending.attempt };
    let mut posts = JoinSet::new();
    for _ in 0..copies {
        posts.spawn(send_copy(state.clone(), Arc::clone(&pending.notice), fault, cause));
    }
    record_and_schedule(state, pending, posts.join_all().await);
}

fn hold_for_reorder(state: &SimulatorState, pending: PendingNotice) {
    let latest_ms = retry_schedule::retry_delay_ms(1).unwrap_or_default() + state.clock().now();
    state.dispatcher().queue().hold(latest_ms, pending);
    state.dispatcher().wakeup.notify_one();
}

/// Logs the deliveries (an empty list means dropped). Unless a copy was acknowledged, schedules the next attempt,
/// counted from the time this one was sent.
fn record_and_schedule(state: &SimulatorState, pending: &PendingNotice, mut delivered: Vec<Delivery>) {
    if delivered.is_empty() {
        delivered.push(dropped(state, pending));
    }
    let is_done = delivered.iter().any(|delivery| delivery.outcome.is_acknowledged());
    let wait = retry_schedule::retry_delay_ms(pending.attempt).filter(|_| !is_done);
    let next_retry_ms = wait.map(|wait| delivered[0].at_ms.saturating_add(wait));
    for delivery in delivered {
        state.dispatcher().log().write(Arc::new(Delivery { next_retry_ms, ..delivery }));
    }
    if let Some(due_ms) = next_retry_ms {
        state.dispatcher().enqueue(due_ms, pending.retry());
    }
    state.dispatcher().queue().release_held(state.clock().now());
    state.dispatcher().wakeup.notify_one();
}

fn dropped(state: &SimulatorState, pending: &PendingNotice) -> Delivery {
    let cause = DeliveryCause::Due { attempt: pending.attempt };
    let message = pending.notice.message(state, None);
    let blank = blank(&pending.notice, message, cause, state.clock().now(), DeliveryOutcome::Dropped);
    Delivery { fault: Some(name(NoticeFault::Drop)), ..blank }
}

fn blank(
    notice: &Notice,
    message: OutgoingMessage,
    cause: DeliveryCause,
    at_ms: i64,
    outcome: DeliveryOutcome,
) -> Delivery {
    Delivery {
        about: notice.about,
        out_trade_no: notice.out_trade_no.clone(),
        out_refund_no: notice.out_refund_no.clone(),
        transaction_id: notice.transaction_id.clone(),
        cause,
        at_ms,
        url: notice.url.clone(),
        headers: message.headers,
        body: message.body,
        fault: None,
        outcome,
        next_retry_ms: None,
    }
}

fn name(fault: NoticeFault) -> &'static str {
    match fault {
        NoticeFault::Drop => "drop",
        NoticeFault::Delay { .. } => "delay",
        NoticeFault::Duplicate { .. } => "duplicate",
        NoticeFault::Reorder => "reorder",
        NoticeFault::False(falsification) => falsification_name(falsification),
    }
}

fn falsification_name(falsification: Falsification) -> &'static str {
    match falsification {
        Falsification::WrongAmount { .. } => "wrong_amount",
        Falsification::WrongCurrency => "wrong_currency",
        Falsification::ForeignMerchant => "foreign_merchant",
        Falsification::ForeignAppid => "foreign_appid",
        Falsification::ForeignTrade => "foreign_trade",
        Falsification::ForeignTransaction => "foreign_transaction",
        Falsification::ForeignTradeType => "foreign_trade_type",
        Falsification::NotPaid => "not_paid",
        Falsification::TradeState(_) => "trade_state",
        Falsification::BadSignature => "bad_signature",
        Falsification::BadCiphertext => "bad_ciphertext",
        Falsification::WrongSerial => "wrong_serial",
        Falsification::StaleTimestamp => "stale_timestamp",
        Falsification::SignTest => "sign_test",
    }
}
