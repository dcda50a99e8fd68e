//! Settles evidence that needs a closer look: its order is closed or already paid,
//! its amount differs, or other evidence in the batch is about the same order.

use super::judge::judge;
use super::mark_paid::{FittingPayment, mark_paid, payment_event};
use super::outcome::{SettleOutcome, SettleRequest};
use super::reopen;
use super::unmatched::{self, UnmatchedPayment};
use crate::flow::coupon_reward::grant_rewards;
use crate::flow::unit_of_work::UnitOfWork;
use crate::infra::db::DbError;
use crate::infra::gateway::Evidence;
use crate::store::due_work::{self, DueKind, NewDueWork};
use crate::store::order::history::HistoryKind;
use crate::store::order::{self, Order, OrderItem};
use crate::store::payment::attempt::{self, Attempt};

pub(super) async fn settle(
    work: &mut UnitOfWork<'_, '_>,
    request: &SettleRequest,
) -> Result<SettleOutcome, DbError> {
    let evidence = &request.evidence;
    let Some(attempt) = attempt::find(work.tx, &evidence.out_trade_no).await? else {
        return Ok(SettleOutcome::Unknown);
    };
    let attempt = &attempt;
    let order = &order::lock(work.tx, &attempt.order_id).await?.ok_or(DbError::NoRow)?;
    let bound = attempt::find_by_transaction(work.tx, &evidence.transaction_id).await?;
    let payment = UnmatchedPayment { evidence, attempt, bound: bound.as_ref(), order };
    match judge(attempt, bound.as_ref(), order, evidence) {
        outcome @ (SettleOutcome::Before | SettleOutcome::Unknown) => Ok(outcome),
        SettleOutcome::Paid => settle_fitting(work, FittingPayment { evidence, attempt, order }).await,
        SettleOutcome::AfterClose | SettleOutcome::Reopened => {
            match reopen::available_items(work.tx, order).await? {
                Some(items) => reopen_paid(work, evidence, attempt, order, &items).await,
                None => unmatched::handle_unmatched(work, &payment, SettleOutcome::AfterClose).await,
            }
        }
        outcome @ (SettleOutcome::Twice | SettleOutcome::Mismatch) => {
            unmatched::handle_unmatched(work, &payment, outcome).await
        }
    }
}

async fn settle_fitting(
    work: &mut UnitOfWork<'_, '_>,
    payment: FittingPayment<'_>,
) -> Result<SettleOutcome, DbError> {
    mark_paid(work, &[payment]).await?;
    withdraw_live_attempt(work, payment.order).await?;
    Ok(SettleOutcome::Paid)
}

async fn reopen_paid(
    work: &mut UnitOfWork<'_, '_>,
    evidence: &Evidence,
    attempt: &Attempt,
    order: &Order,
    items: &[OrderItem],
) -> Result<SettleOutcome, DbError> {
    work.record(payment_event(order, evidence, HistoryKind::Reopened)).await?;
    grant_rewards(work, &[order]).await?;
    work.record(payment_event(order, evidence, HistoryKind::Paid)).await?;
    reopen::reopen(work, attempt, order, items, evidence).await?;
    Ok(SettleOutcome::Reopened)
}

/// An attempt that was closed may be paid after all while a newer one is live. The
/// newer one is withdrawn, so that nobody pays it too.
async fn withdraw_live_attempt(work: &mut UnitOfWork<'_, '_>, order: &Order) -> Result<(), DbError> {
    let Some(live) = attempt::find_live(work.tx, &order.id).await? else {
        return Ok(());
    };
    let reference = live.out_trade_no.as_str();
    attempt::close(work.tx, reference).await?;
    due_work::delete(work.tx, DueKind::QueryPayment, reference).await?;
    due_work::schedule(work.tx, NewDueWork { kind: DueKind::Withdraw, reference, at: work.now }, None).await
}
