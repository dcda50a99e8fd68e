//! One delivery, with the fault that befalls it.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::delivery_log::{Cause, Delivery, Outcome};
use super::pending_notice::{Letter, Notice, Sheet};
use super::retry_schedule;
use crate::faults::{Falsehood, NoticeFault};
use crate::state::World;

/// Delivers a letter that is due, and sees to its next attempt.
pub async fn deliver(world: &World, letter: Letter) {
    let (about, number) = (letter.notice.about, &letter.notice.out_trade_no);
    let fault = world.faults().take_notice(about, number, |fault| letter.may_meet(fault));
    match fault {
        Some(NoticeFault::Delay { ms }) => {
            let due_ms = world.clock().now().saturating_add(ms);
            world.post().put(due_ms, Letter { was_delayed: true, ..letter });
        }
        Some(NoticeFault::Reorder) => hold_back(world, Letter { was_reordered: true, ..letter }),
        Some(NoticeFault::Drop) => settle(world, &letter, Vec::new()),
        Some(NoticeFault::Duplicate { copies }) => send(world, &letter, fault, copies).await,
        Some(NoticeFault::False(_)) | None => send(world, &letter, fault, 1).await,
    }
}

/// Posts one copy of a notice and says how it went.
pub async fn post_copy(
    world: World,
    notice: Arc<Notice>,
    fault: Option<NoticeFault>,
    cause: Cause,
) -> Delivery {
    let falsehood = match fault {
        Some(NoticeFault::False(falsehood)) => Some(falsehood),
        Some(
            NoticeFault::Drop
            | NoticeFault::Delay { .. }
            | NoticeFault::Duplicate { .. }
            | NoticeFault::Reorder,
        )
        | None => None,
    };
    let sheet = notice.sheet(&world, falsehood);
    let at_ms = world.clock().now();
    let outcome = world.post().post(&notice.url, &sheet).await;
    Delivery { fault: fault.map(name), ..blank(&notice, sheet, cause, at_ms, outcome) }
}

async fn send(world: &World, letter: &Letter, fault: Option<NoticeFault>, copies: u32) {
    let cause = Cause::Due { attempt: letter.attempt };
    let mut posts = JoinSet::new();
    for _ in 0..copies {
        posts.spawn(post_copy(world.clone(), Arc::clone(&letter.notice), fault, cause));
    }
    settle(world, letter, posts.join_all().await);
}

fn hold_back(world: &World, letter: Letter) {
    let latest_ms = retry_schedule::wait_after(1).unwrap_or_default() + world.clock().now();
    world.post().queue().hold(latest_ms, letter);
    world.post().bell.notify_one();
}

/// Records what was delivered (nothing means dropped) and, unless one copy was acknowledged, plans the next attempt,
/// counted from the moment this one left.
fn settle(world: &World, letter: &Letter, mut delivered: Vec<Delivery>) {
    if delivered.is_empty() {
        delivered.push(dropped(world, letter));
    }
    let is_done = delivered.iter().any(|delivery| delivery.outcome.is_acknowledged());
    let wait = retry_schedule::wait_after(letter.attempt).filter(|_| !is_done);
    let next_retry_ms = wait.map(|wait| delivered[0].at_ms.saturating_add(wait));
    for delivery in delivered {
        world.post().log().write(Arc::new(Delivery { next_retry_ms, ..delivery }));
    }
    if let Some(due_ms) = next_retry_ms {
        world.post().put(due_ms, letter.retry());
    }
    world.post().queue().release_held(world.clock().now());
    world.post().bell.notify_one();
}

fn dropped(world: &World, letter: &Letter) -> Delivery {
    let cause = Cause::Due { attempt: letter.attempt };
    let sheet = letter.notice.sheet(world, None);
    let blank = blank(&letter.notice, sheet, cause, world.clock().now(), Outcome::Dropped);
    Delivery { fault: Some(name(NoticeFault::Drop)), ..blank }
}

fn blank(notice: &Notice, sheet: Sheet, cause: Cause, at_ms: i64, outcome: Outcome) -> Delivery {
    Delivery {
        about: notice.about,
        out_trade_no: notice.out_trade_no.clone(),
        out_refund_no: notice.out_refund_no.clone(),
        transaction_id: notice.transaction_id.clone(),
        cause,
        at_ms,
        url: notice.url.clone(),
        headers: sheet.headers,
        body: sheet.body,
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
        NoticeFault::False(falsehood) => false_name(falsehood),
    }
}

fn false_name(falsehood: Falsehood) -> &'static str {
    match falsehood {
        Falsehood::WrongAmount { .. } => "wrong_amount",
        Falsehood::WrongCurrency => "wrong_currency",
        Falsehood::ForeignMerchant => "foreign_merchant",
        Falsehood::ForeignAppid => "foreign_appid",
        Falsehood::ForeignTrade => "foreign_trade",
        Falsehood::ForeignTransaction => "foreign_transaction",
        Falsehood::ForeignTradeType => "foreign_trade_type",
        Falsehood::NotPaid => "not_paid",
        Falsehood::TradeState(_) => "trade_state",
        Falsehood::BadSignature => "bad_signature",
        Falsehood::BadCiphertext => "bad_ciphertext",
        Falsehood::WrongSerial => "wrong_serial",
        Falsehood::StaleTimestamp => "stale_timestamp",
        Falsehood::SignTest => "sign_test",
    }
}
