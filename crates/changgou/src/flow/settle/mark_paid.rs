//! Orders become paid: all that hangs on it, for many at once.

use crate::domain::clock::UtcMs;
use crate::flow::coupon::{self, Rewarded};
use crate::flow::events::{Outlet, Told, tell};
use crate::flow::settle::batch_queue::Asked;
use crate::infra::db::{DbError, Tx};
use crate::store::order::history::Kind;
use crate::store::order::{self, Order};
use crate::store::payment::attempt::{self, Attempt, State};
use crate::store::{due_work, points};

/// A payment that fits its attempt, and whose order waits for it.
#[derive(Clone, Copy)]
pub(super) struct Paying<'a> {
    pub(super) asked: &'a Asked,
    pub(super) attempt: &'a Attempt,
    pub(super) order: &'a Order,
}

impl<'a> Paying<'a> {
    fn told(&self) -> Told<'a> {
        let (order, evidence) = (self.order, &self.asked.evidence);
        let detail = Some(format!("{} {} fen", evidence.transaction_id, evidence.total_fee.0));
        Told {
            id: self.asked.event_id,
            order,
            kind: Kind::Paid,
            actor: "wechat",
            detail,
            payment: Some(evidence),
        }
    }
}

/// Makes these orders paid, each by its payment, in the lock order.
pub(super) async fn pay(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    paying: &[Paying<'_>],
    now: UtcMs,
) -> Result<(), DbError> {
    move_orders(tx, paying, now).await?;
    let told: Vec<Told<'_>> = paying.iter().map(Paying::told).collect();
    tell(tx, outlet, &told, now).await?;
    due_work::all_done(tx, due_work::Kind::Close, paying.iter().map(|one| one.order.id.as_str())).await?;
    due_work::all_done(tx, due_work::Kind::Ask, paying.iter().map(|one| one.attempt.out_trade_no.as_str()))
        .await?;
    let rewarded = paying.iter().map(|one| Rewarded { order: one.order, ids: &one.asked.rewards });
    coupon::reward(tx, outlet, &rewarded.collect::<Vec<_>>(), now).await?;
    let earned = paying.iter().map(|one| (one.order.username.as_str(), &one.order.id));
    points::confirm(tx, &earned.collect::<Vec<_>>()).await
}

async fn move_orders(tx: &mut Tx<'_>, paying: &[Paying<'_>], now: UtcMs) -> Result<(), DbError> {
    let money: Vec<_> = paying.iter().map(|one| (one.attempt, &one.asked.evidence)).collect();
    let paid = paying.iter().map(|one| order::Paid {
        order: one.order,
        transaction_id: &one.asked.evidence.transaction_id,
        at: one.asked.evidence.paid,
    });
    let paid: Vec<_> = paid.collect();
    if attempt::note_money(tx, &money, State::Paid).await? && order::pay(tx, &paid, now).await?.is_ok() {
        return Ok(());
    }
    Err(tx.raced("a payment moved while it was settled"))
}
