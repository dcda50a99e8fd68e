//! Orders become paid: all that hangs on it, for many at once.

use crate::domain::clock::UtcMs;
use crate::flow::coupon::{self, PaidForReward};
use crate::flow::events::{EventOutlet, OrderHappening, tell};
use crate::flow::settle::batch_queue::SettleRequest;
use crate::infra::db::{DbError, Tx};
use crate::store::order::history::HistoryKind;
use crate::store::order::{self, Order};
use crate::store::payment::attempt::{self, Attempt, AttemptState};
use crate::store::{due_work, points};

/// A payment that fits its attempt, and whose order waits for it.
#[derive(Clone, Copy)]
pub(super) struct FittingPayment<'a> {
    pub(super) asked: &'a SettleRequest,
    pub(super) attempt: &'a Attempt,
    pub(super) order: &'a Order,
}

impl<'a> FittingPayment<'a> {
    fn told(&self) -> OrderHappening<'a> {
        let (order, evidence) = (self.order, &self.asked.evidence);
        let detail = Some(format!("{} {} fen", evidence.transaction_id, evidence.total_fee.0));
        OrderHappening {
            id: self.asked.event_id,
            order,
            kind: HistoryKind::Paid,
            actor: "wechat",
            detail,
            payment: Some(evidence),
        }
    }
}

/// Makes these orders paid, each by its payment, in the lock order.
pub(super) async fn pay(
    tx: &mut Tx<'_>,
    outlet: &EventOutlet,
    paying: &[FittingPayment<'_>],
    now: UtcMs,
) -> Result<(), DbError> {
    move_orders(tx, paying, now).await?;
    let told: Vec<OrderHappening<'_>> = paying.iter().map(FittingPayment::told).collect();
    tell(tx, outlet, &told, now).await?;
    due_work::all_done(tx, due_work::DueKind::Close, paying.iter().map(|one| one.order.id.as_str())).await?;
    due_work::all_done(
        tx,
        due_work::DueKind::Ask,
        paying.iter().map(|one| one.attempt.out_trade_no.as_str()),
    )
    .await?;
    let rewarded = paying.iter().map(|one| PaidForReward { order: one.order, ids: &one.asked.rewards });
    coupon::reward(tx, outlet, &rewarded.collect::<Vec<_>>(), now).await?;
    let earned = paying.iter().map(|one| (one.order.username.as_str(), &one.order.id));
    points::confirm(tx, &earned.collect::<Vec<_>>()).await
}

async fn move_orders(tx: &mut Tx<'_>, paying: &[FittingPayment<'_>], now: UtcMs) -> Result<(), DbError> {
    let money: Vec<_> = paying.iter().map(|one| (one.attempt, &one.asked.evidence)).collect();
    let paid = paying.iter().map(|one| order::PaidOrder {
        order: one.order,
        transaction_id: &one.asked.evidence.transaction_id,
        at: one.asked.evidence.paid,
    });
    let paid: Vec<_> = paid.collect();
    if attempt::note_money(tx, &money, AttemptState::Paid).await? && order::pay(tx, &paid, now).await?.is_ok()
    {
        return Ok(());
    }
    Err(tx.raced("a payment moved while it was settled"))
}
