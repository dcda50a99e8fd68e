//! Refunds. The refund, the stock, and the buyer's coupon and points change in one
//! transaction; the worker asks WeChat for the money afterwards, until it has arrived.

mod advance;
mod flagged;
mod job;
mod open;
mod overview;
mod plan;
mod platform;
mod progress;
mod request;
mod retry;

use std::collections::BTreeMap;

use crate::domain::id::{OrderId, SkuId};
use crate::domain::ledger::LedgerCause as Moved;
use crate::domain::message::{NotFound, RefundMessage};
use crate::domain::refusal::Refusal;
use crate::domain::status::{OrderState, PayType};
use crate::flow::unit_of_work::UnitOfWork;
use crate::flow::{App, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::store::due_work::{self, DueKind};
use crate::store::order::{self, Order, OrderChange};
use crate::store::payment::attempt::{self, Attempt};
use crate::store::payment::refund::{self, Refund, RefundCause};
use crate::store::payment::refund_request::{self, RefundDecision};
use crate::store::payment::refund_total;
use crate::store::stock::{self, NetStockChange, StockMovement};
use crate::store::{coupon, points, purchase_limit};
use open::NewRefund;

pub use advance::find_refund;
pub use flagged::refund_flagged;
pub use job::run_job;
pub(in crate::flow) use open::refund_unmatched;
pub use overview::{RefundOverview, load_overview};
pub use plan::{RefundBasis, RefundExtent, RefundPlan, RefundWant, Restock, plan_refund};
pub use platform::import_platform_refund;
pub use progress::apply_progress;
pub use request::{
    RequestOutcome, deny_request, find_request, grant_request, list_refunds, list_requests, request_refund,
};
pub use retry::{mark_paid_out, retry_by_operator};

/// Rows of one list.
const SHOWN_MAX: i64 = 500;

/// Refunds of one payment that WeChat accepts.
const REFUNDS_MAX: usize = 50;

#[derive(Clone, Debug)]
pub struct WantedRefund {
    pub want: RefundWant,
    /// Whether goods that were shipped can be sold again.
    pub restock: Restock,
    /// What the buyer reads, at most 80 bytes.
    pub reason: String,
    /// An idempotency key of the caller: the same key gives the same refund.
    pub key: Option<String>,
}

/// An operator refunds an order, or a part of it.
pub async fn refund_order(app: &App, operator: &str, id: &OrderId, wanted: WantedRefund) -> Outcome<Refund> {
    let (actor, id) = (operator.to_owned(), id.clone());
    app.write(async move |work| {
        let order = order::lock(work.tx, &id).await?.ok_or_else(|| Refusal::new(NotFound::Order))?;
        refund_in_tx(work, &actor, &order, &wanted).await
    })
    .await
}

/// The rules of refunding. The transaction has locked the order.
async fn refund_in_tx(
    work: &mut UnitOfWork<'_, '_>,
    actor: &str,
    order: &Order,
    wanted: &WantedRefund,
) -> Outcome<Refund> {
    let key = wanted.key.as_ref().map(|key| request_key(&order.id, key));
    if let Some(key) = &key
        && let Some(earlier) = refund::find_by_request_key(work.tx, key).await?
    {
        return Ok(earlier);
    }
    let attempt = refundable_attempt(work.tx, order).await?;
    let items = order::list_items(work.tx, [&order.id]).await?;
    let returned = refund::list_returned_items(work.tx, &order.id).await?;
    if refund::list_for_order(work.tx, &order.id).await?.len() >= REFUNDS_MAX {
        return Err(too_many().into());
    }
    let sum = refund_total::load(work.tx, &attempt.out_trade_no, attempt.total_fee).await?;
    let basis = RefundBasis { order, items: &items, returned: &returned, sum };
    let plan = plan_refund(&basis, &wanted.want, wanted.restock)?;
    let cause = if plan.items.is_empty() { RefundCause::Money } else { RefundCause::Goods };
    let new = NewRefund { cause, fee: plan.refund_fee, paid: attempt.total_fee, reason: &wanted.reason, key };
    let refund = open::open_refund(work, actor, order, &attempt, new).await?;
    refund::insert_items(work.tx, &refund.out_refund_no, &plan.items).await?;
    refund_request::decide(work.tx, &order.id, RefundDecision::Granted, work.now).await?;
    end_order(work, order, &plan).await?;
    restock(work, &refund, &plan).await?;
    Ok(refund)
}

/// Idempotency keys of callers are unique within an order.
fn request_key(order: &OrderId, key: &str) -> String {
    format!("{order}:{key}")
}

/// The attempt that paid the order, if the order can be refunded.
async fn refundable_attempt(tx: &mut Tx<'_>, order: &Order) -> Outcome<Attempt> {
    match order.state {
        OrderState::AwaitingShipment
        | OrderState::Shipped
        | OrderState::Completed
        | OrderState::Returned
        | OrderState::Refunded => {}
        OrderState::AwaitingPayment | OrderState::Closed => return Err(not_paid().into()),
    }
    if order.pay_type == PayType::OnDelivery {
        return Err(not_paid().into());
    }
    attempt::find_paid(tx, &order.id).await?.ok_or_else(|| not_paid().into())
}

/// Marks returned lines. If the whole order is refunded it ends, and gives back its
/// coupon, its points and its purchase limit.
async fn end_order(work: &mut UnitOfWork<'_, '_>, order: &Order, plan: &RefundPlan) -> Outcome<()> {
    let (tx, now) = (&mut *work.tx, work.now);
    let finished: Vec<&str> = plan.finished.iter().map(String::as_str).collect();
    order::mark_returned(tx, &order.id, &finished).await?;
    let change = match (plan.extent, order.state) {
        (RefundExtent::Part, _) => return Ok(()),
        (RefundExtent::Whole, OrderState::AwaitingShipment) => OrderChange::Refunded,
        (
            RefundExtent::Whole,
            OrderState::Shipped
            | OrderState::Completed
            | OrderState::Returned
            | OrderState::Refunded
            | OrderState::AwaitingPayment
            | OrderState::Closed,
        ) => OrderChange::Returned,
    };
    let moved = order::change_state(tx, order, change, now).await?;
    moved.map_err(|_| tx.race_error(format!("{} changed while it was refunded", order.id)))?;
    due_work::delete(tx, DueKind::Receive, order.id.as_str()).await?;
    if order.discount.coupon_id.is_some() {
        coupon::give_back(tx, &order.id).await?;
    }
    coupon::expire_granted(tx, &order.username, &order.id, now).await?;
    purchase_limit::delete_for_order(tx, &order.id).await?;
    give_points_back(work, order).await
}

/// Points that were spent come back. Points that were earned are taken, as far as the
/// buyer still has them.
async fn give_points_back(work: &mut UnitOfWork<'_, '_>, order: &Order) -> Outcome<()> {
    let (tx, now) = (&mut *work.tx, work.now);
    let (username, reference, spent) = (&order.username, order.id.as_str(), order.discount.points_used);
    let entry =
        |cause, points| points::PointsEntry { username, cause, reference, points, pending: 0, open: 0 };
    if spent > 0 {
        let given = points::apply(tx, &[entry(Moved::GiveBack, spent)], now).await?;
        given.map_err(|points::PointsShort| {
            DbError::Engine(format!("the buyer of {} does not exist", order.id))
        })?;
    }
    let earned = points::earned_with_order(tx, username, reference).await?;
    let taken_back = earned.min(points::balance(tx, username).await?.spendable);
    if taken_back > 0 {
        let taken = points::apply(tx, &[entry(Moved::Return, -taken_back)], now).await?;
        taken.map_err(|points::PointsShort| {
            tx.race_error(format!("points of {username} changed in the transaction"))
        })?;
    }
    Ok(())
}

/// Returns to stock what can be sold again.
async fn restock(work: &mut UnitOfWork<'_, '_>, refund: &Refund, plan: &RefundPlan) -> Outcome<()> {
    let (tx, now) = (&mut *work.tx, work.now);
    let mut back: BTreeMap<SkuId, i64> = BTreeMap::new();
    for item in plan.items.iter().filter(|item| item.restocked > 0) {
        *back.entry(item.sku_id).or_default() += item.restocked;
    }
    let reference = refund.out_refund_no.as_str();
    let movement = |(sku_id, num): (&SkuId, &i64)| StockMovement {
        sku_id: *sku_id,
        cause: Moved::Return,
        reference,
        num: *num,
        sale_num: -num,
    };
    stock::insert_movements(tx, &back.iter().map(movement).collect::<Vec<_>>(), now).await?;
    let nets: Vec<NetStockChange> =
        back.iter().map(|(sku_id, num)| NetStockChange { sku_id: *sku_id, sold: -num }).collect();
    let given = stock::apply_net(tx, &nets).await?;
    given.map_err(|stock::StockShort| {
        DbError::Engine(format!("a SKU of {} does not exist", refund.order_id)).into()
    })
}

fn not_paid() -> Refusal {
    Refusal::new(RefundMessage::NotPaidOnline)
}

fn too_many() -> Refusal {
    Refusal::new(RefundMessage::TooManyRefunds { max: REFUNDS_MAX })
}
