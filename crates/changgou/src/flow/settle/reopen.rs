//! A closed order is paid after all. If its goods are in stock it is paid and goes
//! on; otherwise the money is refunded.

use std::collections::{BTreeMap, HashMap};

use crate::domain::id::SkuId;
use crate::domain::ledger::LedgerCause;
use crate::flow::unit_of_work::UnitOfWork;
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::Evidence;
use crate::store::catalog::{self, Sku};
use crate::store::order::{self, Order, OrderChange, OrderItem};
use crate::store::payment::attempt::{self, Attempt, AttemptState};
use crate::store::points;
use crate::store::stock::{self, NetStockChange, StockMovement};

/// The lines of a closed order if it can go on. Its coupon and points were given back
/// and may be spent, and a purchase limit may be used up: such orders stay closed.
pub(super) async fn available_items(
    tx: &mut Tx<'_>,
    order: &Order,
) -> Result<Option<Vec<OrderItem>>, DbError> {
    if order.discount.coupon_id.is_some() || order.discount.points_used > 0 {
        return Ok(None);
    }
    let items = order::list_items(tx, [&order.id]).await?;
    let skus = catalog::find_by_ids(tx, items.iter().map(|item| item.sku_id)).await?;
    let skus: HashMap<SkuId, Sku> = skus.into_iter().map(|sku| (sku.id, sku)).collect();
    let is_available = |(sku_id, num): (&SkuId, &i64)| {
        skus.get(sku_id).is_some_and(|sku| sku.num >= *num && sku.sale.buyer_limit.is_none())
    };
    Ok(pieces_by_sku(&items).iter().all(is_available).then_some(items))
}

/// Makes the order paid, and takes its points and its stock again.
pub(super) async fn reopen(
    work: &mut UnitOfWork<'_, '_>,
    attempt: &Attempt,
    order: &Order,
    items: &[OrderItem],
    evidence: &Evidence,
) -> Result<(), DbError> {
    let (tx, now) = (&mut *work.tx, work.now);
    if !attempt::record_payments(tx, &[(attempt, evidence)], AttemptState::Paid).await? {
        return Err(tx.race_error(format!("{} changed while it was settled", attempt.out_trade_no)));
    }
    let change = OrderChange::Reopened { transaction_id: &evidence.transaction_id, at: evidence.paid };
    let moved = order::change_state(tx, order, change, now).await?;
    moved.map_err(|_| tx.race_error(format!("{} changed while it was settled", order.id)))?;
    earn_points(work, order).await?;
    let (cause, reference) = (LedgerCause::Reopen, order.id.as_str());
    let pieces = pieces_by_sku(items);
    let movement = |(sku_id, num): (&SkuId, &i64)| StockMovement {
        sku_id: *sku_id,
        cause,
        reference,
        num: -num,
        sale_num: *num,
    };
    let (tx, now) = (&mut *work.tx, work.now);
    stock::insert_movements(tx, &pieces.iter().map(movement).collect::<Vec<_>>(), now).await?;
    let nets: Vec<NetStockChange> =
        pieces.iter().map(|(sku_id, num)| NetStockChange { sku_id: *sku_id, sold: *num }).collect();
    let taken = stock::apply_net(tx, &nets).await?;
    // The next run reads the stock as it is then.
    taken.map_err(|stock::StockShort| {
        tx.race_error(format!("the stock of {} changed while it was settled", order.id))
    })
}

async fn earn_points(work: &mut UnitOfWork<'_, '_>, order: &Order) -> Result<(), DbError> {
    let (tx, now) = (&mut *work.tx, work.now);
    let (username, reference, cause) = (order.username.as_str(), order.id.as_str(), LedgerCause::Reopen);
    let points = points::earned_with_order(tx, username, reference).await?;
    if points <= 0 {
        return Ok(());
    }
    let entry = points::PointsEntry { username, cause, reference, points, pending: 0, open: 0 };
    let earned = points::apply(tx, &[entry], now).await?;
    earned.map_err(|points::PointsShort| DbError::Engine(format!("the buyer of {reference} does not exist")))
}

fn pieces_by_sku(items: &[OrderItem]) -> BTreeMap<SkuId, i64> {
    let mut pieces = BTreeMap::new();
    for item in items {
        *pieces.entry(item.sku_id).or_default() += item.num;
    }
    pieces
}
