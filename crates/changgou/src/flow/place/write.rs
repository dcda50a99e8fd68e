//! Writes everything a batch of orders changes, as sets and in the lock order.

use std::collections::BTreeMap;

use super::OrderOrigin;
use super::placed_order::PlacedOrder;
use super::read::lock_unchanged;
use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId, SkuId};
use crate::domain::ledger::LedgerCause;
use crate::domain::limits::KEY_LIFE;
use crate::flow::unit_of_work::{OrderEvent, UnitOfWork};
use crate::infra::db::{DbError, Tx};
use crate::store::cart::purchased::{self, PurchasedLine};
use crate::store::cart::{cleanup, db_cart};
use crate::store::catalog::Sku;
use crate::store::due_work::{self, DueKind, NewDueWork};
use crate::store::order::history::HistoryKind;
use crate::store::order::idempotency::{self, IdempotencyKey};
use crate::store::order::{self, Order, OrderItem};
use crate::store::purchase_limit::{self, LimitedPurchase};
use crate::store::stock::{self, NetStockChange, StockMovement};
use crate::store::{coupon, points};

/// Writes these orders: first the rows that only they need, then in the lock order what
/// other batches need too: coupons, points, SKUs. Fails as a whole if any of it has
/// changed since it was read.
pub async fn write_orders(
    work: &mut UnitOfWork<'_, '_>,
    placed: &[&PlacedOrder],
    sold: SkusSold<'_>,
) -> Result<(), DbError> {
    let Some(now) = placed.iter().map(|one| one.order.times.create).max() else {
        return Ok(());
    };
    insert_orders(work, placed, now).await?;
    redeem_coupons(work.tx, placed, now).await?;
    move_points(work.tx, placed, now).await?;
    record_movements(work.tx, placed, now).await?;
    lock_skus(work.tx, placed, sold).await?;
    take_stock(work.tx, placed).await
}

/// The SKUs the orders were decided by.
#[derive(Clone, Copy)]
pub enum SkusSold<'a> {
    /// They are locked and cannot have changed.
    Locked,
    /// They were read without a lock and may have changed.
    Read(&'a BTreeMap<SkuId, Sku>),
}

/// Locks the SKUs that are sold, unless they are locked already, and makes sure that
/// they still sell on the terms the orders were decided by.
async fn lock_skus(tx: &mut Tx<'_>, placed: &[&PlacedOrder], sold: SkusSold<'_>) -> Result<(), DbError> {
    let SkusSold::Read(read) = sold else { return Ok(()) };
    let ids = placed.iter().flat_map(|one| &one.items).map(|item| item.sku_id).collect();
    if lock_unchanged(tx, ids, read).await? {
        return Ok(());
    }
    Err(tx.race_error("a SKU changed under the batch"))
}

async fn insert_orders(
    work: &mut UnitOfWork<'_, '_>,
    placed: &[&PlacedOrder],
    now: UtcMs,
) -> Result<(), DbError> {
    let limited: Vec<&LimitedPurchase> = placed.iter().flat_map(|one| &one.limited).collect();
    purchase_limit::insert_many(work.tx, &limited).await?;
    let orders: Vec<&Order> = placed.iter().map(|one| &one.order).collect();
    let items: Vec<&OrderItem> = placed.iter().flat_map(|one| &one.items).collect();
    order::insert_many(work.tx, &orders, &items).await?;
    let keys: Vec<&IdempotencyKey> = placed.iter().flat_map(|one| &one.keys).collect();
    idempotency::insert_many(work.tx, &keys, now.plus(KEY_LIFE)).await?;
    record_events(work, placed, now).await?;
    schedule_closing(work.tx, placed).await
}

async fn record_movements(tx: &mut Tx<'_>, placed: &[&PlacedOrder], now: UtcMs) -> Result<(), DbError> {
    let movements: Vec<StockMovement<'_>> = placed.iter().flat_map(|one| &one.items).map(movement).collect();
    stock::insert_movements(tx, &movements, now).await
}

fn movement(item: &OrderItem) -> StockMovement<'_> {
    let (sku_id, reference, num) = (item.sku_id, item.order_id.as_str(), item.num);
    StockMovement { sku_id, cause: LedgerCause::Place, reference, num: -num, sale_num: num }
}

async fn take_stock(tx: &mut Tx<'_>, placed: &[&PlacedOrder]) -> Result<(), DbError> {
    let mut sold: BTreeMap<_, i64> = BTreeMap::new();
    for item in placed.iter().flat_map(|one| &one.items) {
        *sold.entry(item.sku_id).or_default() += item.num;
    }
    let nets: Vec<NetStockChange> =
        sold.into_iter().map(|(sku_id, sold)| NetStockChange { sku_id, sold }).collect();
    let taken = stock::apply_net(tx, &nets).await?;
    taken.map_err(|stock::StockShort| tx.race_error("stock changed under the batch"))
}

async fn redeem_coupons(tx: &mut Tx<'_>, placed: &[&PlacedOrder], now: UtcMs) -> Result<(), DbError> {
    let uses = placed.iter().filter_map(|one| Some((one.order.discount.coupon_id?, &one.order.id)));
    let mut uses: Vec<_> = uses.collect();
    uses.sort_unstable();
    let used = coupon::redeem(tx, &uses, now).await?;
    used.map_err(|coupon::CouponUnavailable| tx.race_error("a coupon changed under the batch"))
}

/// The points each order spends and earns.
async fn move_points(tx: &mut Tx<'_>, placed: &[&PlacedOrder], now: UtcMs) -> Result<(), DbError> {
    let both = placed.iter().flat_map(|one| {
        let (username, reference) = (one.order.username.as_str(), one.order.id.as_str());
        let entry = |cause, points, pending, open| points::PointsEntry {
            username,
            cause,
            reference,
            points,
            pending,
            open,
        };
        let spent = one.order.discount.points_used;
        [entry(LedgerCause::Spend, -spent, 0, 0), entry(LedgerCause::Place, one.points, one.points, 1)]
    });
    let entries: Vec<_> = both.filter(|entry| (entry.points, entry.open) != (0, 0)).collect();
    let moved = points::apply(tx, &entries, now).await?;
    moved.map_err(|points::PointsShort| tx.race_error("points of a buyer changed under the batch"))
}

/// Removes bought lines from their carts. Lines in the database are deleted now; lines
/// in the cache are noted as bought and deleted after the commit, and the notes of
/// `cleaned` orders are removed. Fails if a line has changed since it was read.
pub(super) async fn empty_carts(
    tx: &mut Tx<'_>,
    placed: &[&PlacedOrder],
    cleaned: &[OrderId],
) -> Result<(), DbError> {
    let Some(now) = placed.iter().map(|one| one.order.times.create).max() else {
        return Ok(());
    };
    let taken: Vec<&PurchasedLine> = placed.iter().flat_map(|one| &one.taken).collect();
    purchased::insert_many(tx, &taken).await?;
    cleanup::insert_many(tx, &cleanup::group_orders(&taken), now).await?;
    cleanup::mark_removed(tx, cleaned, now).await?;
    let from_rows = placed.iter().filter(|one| one.origin == OrderOrigin::Cart && one.taken.is_empty());
    let bought = from_rows.flat_map(|one| {
        let username = one.order.username.as_str();
        one.items.iter().map(move |item| (username, item.sku_id, item.num))
    });
    let bought: Vec<_> = bought.collect();
    if db_cart::remove_many(tx, &bought).await? == bought.len() as u64 {
        return Ok(());
    }
    Err(tx.race_error("a cart changed under the batch"))
}

/// The event of placing has the id of its order.
async fn record_events(
    work: &mut UnitOfWork<'_, '_>,
    placed: &[&PlacedOrder],
    now: UtcMs,
) -> Result<(), DbError> {
    let event_id = |order: &Order| -> Option<Id> { order.id.as_str().strip_prefix("NO.")?.parse().ok() };
    let events = placed.iter().filter_map(|one| {
        let (order, kind, actor) = (&one.order, HistoryKind::Placed, one.order.username.as_str());
        Some((event_id(order)?, OrderEvent { order, kind, actor, detail: None, payment: None }))
    });
    work.record_placed(&events.collect::<Vec<_>>(), now).await
}

/// The due work of closing these orders if they are not paid in time.
async fn schedule_closing(tx: &mut Tx<'_>, placed: &[&PlacedOrder]) -> Result<(), DbError> {
    let closing = placed.iter().filter_map(|one| {
        Some(NewDueWork { kind: DueKind::Close, reference: one.order.id.as_str(), at: one.order.pay_by? })
    });
    due_work::insert_new(tx, &closing.collect::<Vec<_>>()).await
}
