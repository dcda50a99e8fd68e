//! Makes orders paid, with everything that follows from it, many at once.

use crate::flow::coupon_reward::grant_rewards;
use crate::flow::unit_of_work::{OrderEvent, UnitOfWork};
use crate::infra::db::DbError;
use crate::infra::gateway::Evidence;
use crate::store::due_work::{self, DueKind};
use crate::store::order::history::HistoryKind;
use crate::store::order::{self, Order};
use crate::store::payment::attempt::{self, Attempt, AttemptState};
use crate::store::points;

/// A payment that fits its attempt, and whose order waits for it.
#[derive(Clone, Copy)]
pub(super) struct FittingPayment<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) attempt: &'a Attempt,
    pub(super) order: &'a Order,
}

/// An event about a payment of an order.
pub(super) fn payment_event<'a>(
    order: &'a Order,
    evidence: &'a Evidence,
    kind: HistoryKind,
) -> OrderEvent<'a> {
    let detail = Some(format!("{} {} fen", evidence.transaction_id, evidence.total_fee.0));
    OrderEvent { order, kind, actor: "wechat", detail, payment: Some(evidence) }
}

/// Makes these orders paid, each by its payment, in the lock order.
pub(super) async fn mark_paid(
    work: &mut UnitOfWork<'_, '_>,
    payments: &[FittingPayment<'_>],
) -> Result<(), DbError> {
    mark_orders_paid(work, payments).await?;
    let events = payments.iter().map(|one| payment_event(one.order, one.evidence, HistoryKind::Paid));
    work.record_all(&events.collect::<Vec<_>>()).await?;
    due_work::delete_many(work.tx, DueKind::Close, payments.iter().map(|one| one.order.id.as_str())).await?;
    let numbers = payments.iter().map(|one| one.attempt.out_trade_no.as_str());
    due_work::delete_many(work.tx, DueKind::QueryPayment, numbers).await?;
    let orders: Vec<&Order> = payments.iter().map(|one| one.order).collect();
    grant_rewards(work, &orders).await?;
    let earned = orders.iter().map(|order| (order.username.as_str(), &order.id));
    points::make_spendable(work.tx, &earned.collect::<Vec<_>>()).await
}

async fn mark_orders_paid(
    work: &mut UnitOfWork<'_, '_>,
    payments: &[FittingPayment<'_>],
) -> Result<(), DbError> {
    let money: Vec<_> = payments.iter().map(|one| (one.attempt, one.evidence)).collect();
    let paid = payments.iter().map(|one| order::PaidOrder {
        order: one.order,
        transaction_id: &one.evidence.transaction_id,
        at: one.evidence.paid,
    });
    let paid: Vec<_> = paid.collect();
    if attempt::record_payments(work.tx, &money, AttemptState::Paid).await?
        && order::mark_paid(work.tx, &paid, work.now).await?.is_ok()
    {
        return Ok(());
    }
    Err(work.tx.race_error("an attempt or order changed while it was settled"))
}
