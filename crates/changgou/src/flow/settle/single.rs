//! Evidence that wants a closer look: of a closed order, of one that is paid
//! already, of another amount, or one of several about the same order.

use super::batch_queue::{SettleRequest, SettleResult};
use super::judge::judge;
use super::mark_paid::{FittingPayment, pay};
use super::{SettleOutcome, reopen, unmatched};
use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::flow::coupon::{self, PaidForReward};
use crate::flow::events::{self, EventOutlet, OrderHappening};
use crate::flow::refund::RefundOpening;
use crate::infra::db::{DbError, Tx};
use crate::store::due_work;
use crate::store::order::history;
use crate::store::order::{self, Order, OrderItem};
use crate::store::payment::attempt::{self, Attempt};

/// Evidence with the attempt and the order it is about, and how money goes back.
pub(super) struct SettleCase<'a> {
    pub(super) asked: &'a SettleRequest,
    pub(super) attempt: &'a Attempt,
    /// The attempt that keeps this very payment already.
    pub(super) bound: Option<&'a Attempt>,
    pub(super) order: &'a Order,
    pub(super) opening: &'a RefundOpening<'a>,
}

/// Settles one.
pub(super) async fn settle(
    tx: &mut Tx<'_>,
    outlet: &EventOutlet,
    asked: &SettleRequest,
    now: UtcMs,
) -> Result<SettleResult, DbError> {
    let Some(attempt) = attempt::find(tx, &asked.evidence.out_trade_no).await? else {
        return Ok(SettleResult { settled: SettleOutcome::Unknown, order: None });
    };
    let order = order::lock(tx, &attempt.order_id).await?.ok_or(DbError::NoRow)?;
    let bound = attempt::by_transaction(tx, &asked.evidence.transaction_id).await?;
    let opening = RefundOpening { outlet, actor: "shop", numbers: asked.numbers, now };
    let case =
        SettleCase { asked, attempt: &attempt, bound: bound.as_ref(), order: &order, opening: &opening };
    let settled = case.settle(tx).await?;
    let order = settled.moves().then(|| order.id.clone());
    Ok(SettleResult { settled, order })
}

impl SettleCase<'_> {
    async fn settle(&self, tx: &mut Tx<'_>) -> Result<SettleOutcome, DbError> {
        let SettleCase { asked, attempt, bound, order, .. } = *self;
        match judge(attempt, bound, order, &asked.evidence) {
            settled @ (SettleOutcome::Before | SettleOutcome::Unknown) => Ok(settled),
            SettleOutcome::Paid => self.pay(tx).await,
            SettleOutcome::AfterClose | SettleOutcome::Reopened => match reopen::goods(tx, order).await? {
                Some(goods) => self.reopen(tx, &goods).await,
                None => unmatched::keep(tx, self, SettleOutcome::AfterClose).await,
            },
            settled @ (SettleOutcome::Twice | SettleOutcome::Mismatch) => {
                unmatched::keep(tx, self, settled).await
            }
        }
    }

    async fn pay(&self, tx: &mut Tx<'_>) -> Result<SettleOutcome, DbError> {
        let SettleCase { asked, attempt, order, opening, .. } = *self;
        pay(tx, opening.outlet, &[FittingPayment { asked, attempt, order }], opening.now).await?;
        give_up_others(tx, order, opening.now).await?;
        Ok(SettleOutcome::Paid)
    }

    /// The order goes on, paid: both is told.
    async fn reopen(&self, tx: &mut Tx<'_>, goods: &[OrderItem]) -> Result<SettleOutcome, DbError> {
        let SettleCase { asked, attempt, order, opening, .. } = *self;
        let rewarded = PaidForReward { order, ids: &asked.rewards };
        coupon::reward(tx, opening.outlet, &[rewarded], opening.now).await?;
        self.tell(tx, history::HistoryKind::Reopened, asked.event_id).await?;
        self.tell(tx, history::HistoryKind::Paid, opening.numbers.event_id()).await?;
        reopen::reopen(tx, attempt, order, goods, &asked.evidence, opening.now).await?;
        Ok(SettleOutcome::Reopened)
    }

    pub(super) async fn tell(
        &self,
        tx: &mut Tx<'_>,
        kind: history::HistoryKind,
        id: Id,
    ) -> Result<(), DbError> {
        let SettleCase { asked, order, opening, .. } = *self;
        let evidence = &asked.evidence;
        let detail = Some(format!("{} {} fen", evidence.transaction_id, evidence.total_fee.0));
        let told = OrderHappening { id, order, kind, actor: "wechat", detail, payment: Some(evidence) };
        events::tell(tx, opening.outlet, &[told], opening.now).await
    }
}

/// An attempt that was given up may be paid after all while a newer one is
/// live: nobody shall pay that one too.
async fn give_up_others(tx: &mut Tx<'_>, order: &Order, now: UtcMs) -> Result<(), DbError> {
    let Some(live) = attempt::live(tx, &order.id).await? else {
        return Ok(());
    };
    attempt::close(tx, &live.out_trade_no).await?;
    due_work::done(tx, due_work::DueKind::Ask, &live.out_trade_no).await?;
    let owed =
        due_work::NewDueWork { kind: due_work::DueKind::Withdraw, reference: &live.out_trade_no, at: now };
    due_work::put(tx, owed, None).await
}
