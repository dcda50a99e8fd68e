//! A closed order is paid after all. If its goods are still there it goes on;
//! else the money goes back.

use std::collections::{BTreeMap, HashMap};

use crate::domain::clock::UtcMs;
use crate::domain::id::SkuId;
use crate::domain::ledger::LedgerCause;
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::Evidence;
use crate::store::catalog::{self, Sku};
use crate::store::order::{self, Order, OrderChange, OrderItem};
use crate::store::payment::attempt::{self, Attempt, AttemptState};
use crate::store::points;
use crate::store::stock::{self, NetStockChange, StockMovement};

/// The lines of a closed order if it can go on. Its coupon and points went back
/// to the buyer and may be spent, and a limit may be used up: such orders end.
pub(super) async fn goods(tx: &mut Tx<'_>, order: &Order) -> Result<Option<Vec<OrderItem>>, DbError> {
    if order.discount.coupon_id.is_some() || order.discount.points_used > 0 {
        return Ok(None);
    }
    let items = order::items_of(tx, [&order.id]).await?;
    let skus = catalog::by_ids(tx, items.iter().map(|item| item.sku_id)).await?;
    let skus: HashMap<SkuId, Sku> = skus.into_iter().map(|sku| (sku.id, sku)).collect();
    let is_there = |(sku_id, num): (&SkuId, &i64)| {
        skus.get(sku_id).is_some_and(|sku| sku.num >= *num && sku.sale.buyer_limit.is_none())
    };
    Ok(pieces(&items).iter().all(is_there).then_some(items))
}

/// Makes the order paid, earns its points and takes its stock again.
pub(super) async fn reopen(
    tx: &mut Tx<'_>,
    attempt: &Attempt,
    order: &Order,
    items: &[OrderItem],
    evidence: &Evidence,
    now: UtcMs,
) -> Result<(), DbError> {
    if !attempt::note_money(tx, &[(attempt, evidence)], AttemptState::Paid).await? {
        return Err(tx.raced(format!("{} moved while it was settled", attempt.out_trade_no)));
    }
    let change = OrderChange::Reopened { transaction_id: &evidence.transaction_id, at: evidence.paid };
    let moved = order::advance(tx, order, change, now).await?;
    moved.map_err(|_| tx.raced(format!("{} moved while it was settled", order.id)))?;
    earn(tx, order, now).await?;
    let (cause, reference) = (LedgerCause::Reopen, order.id.as_str());
    let pieces = pieces(items);
    let movement = |(sku_id, num): (&SkuId, &i64)| StockMovement {
        sku_id: *sku_id,
        cause,
        reference,
        num: -num,
        sale_num: *num,
    };
    stock::record(tx, &pieces.iter().map(movement).collect::<Vec<_>>(), now).await?;
    let nets: Vec<NetStockChange> =
        pieces.iter().map(|(sku_id, num)| NetStockChange { sku_id: *sku_id, sold: *num }).collect();
    let taken = stock::sell(tx, &nets).await?;
    // Whoever runs again reads how many there are now.
    taken.map_err(|stock::StockShort| tx.raced(format!("the stock of {} went meanwhile", order.id)))
}

async fn earn(tx: &mut Tx<'_>, order: &Order, now: UtcMs) -> Result<(), DbError> {
    let (username, reference, cause) = (order.username.as_str(), order.id.as_str(), LedgerCause::Reopen);
    let points = points::earned(tx, username, reference).await?;
    if points <= 0 {
        return Ok(());
    }
    let entry = points::PointsEntry { username, cause, reference, points, pending: 0 };
    let earned = points::add(tx, &[entry], now).await?;
    earned.map_err(|points::PointsShort| DbError::Engine(format!("the buyer of {reference} is gone")))
}

fn pieces(items: &[OrderItem]) -> BTreeMap<SkuId, i64> {
    let mut pieces = BTreeMap::new();
    for item in items {
        *pieces.entry(item.sku_id).or_default() += item.num;
    }
    pieces
}
