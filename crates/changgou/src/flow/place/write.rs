//! Everything a batch of orders changes, written as sets in the lock order.

use std::collections::BTreeMap;

use super::OrderOrigin;
use super::decide::PlacedOrder;
use super::read::as_they_were;
use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId, SkuId};
use crate::domain::ledger::LedgerCause;
use crate::domain::limits::KEY_LIFE;
use crate::flow::events::{EventOutlet, OrderHappening, tell};
use crate::infra::db::{DbError, Tx};
use crate::store::cart::purchased::{self, Taken};
use crate::store::cart::{cleanup, db_cart};
use crate::store::catalog::Sku;
use crate::store::order::OrderItem;
use crate::store::order::history::HistoryKind;
use crate::store::order::idempotency::{self, IdempotencyKey};
use crate::store::purchase_limit::{self, LimitedPurchase};
use crate::store::stock::{self, NetStockChange, StockMovement};
use crate::store::{coupon, due_work, order, points};

/// Writes these orders: first what is theirs alone, then what others want too,
/// in the lock order: coupons, buyers, SKUs, the most wanted last. Fails as a whole if that is no longer as it was read.
pub async fn all(
    tx: &mut Tx<'_>,
    outlet: &EventOutlet,
    placed: &[&PlacedOrder],
    sold: SkusSold<'_>,
) -> Result<(), DbError> {
    let Some(now) = placed.iter().map(|one| one.order.times.create).max() else {
        return Ok(());
    };
    record(tx, outlet, placed, now).await?;
    redeem_coupons(tx, placed, now).await?;
    move_points(tx, placed, now).await?;
    record_movements(tx, placed, now).await?;
    hold_what_is_sold(tx, placed, sold).await?;
    take_stock(tx, placed).await
}

/// The SKUs the orders were decided by.
#[derive(Clone, Copy)]
pub enum SkusSold<'a> {
    /// Nobody else can have changed them since.
    Held,
    /// They were read, and somebody may have changed them.
    Read(&'a BTreeMap<SkuId, Sku>),
}

/// Holds what is sold, unless it is held, and makes sure that it sells on the
/// terms the orders were decided by.
async fn hold_what_is_sold(
    tx: &mut Tx<'_>,
    placed: &[&PlacedOrder],
    sold: SkusSold<'_>,
) -> Result<(), DbError> {
    let SkusSold::Read(read) = sold else { return Ok(()) };
    let ids = placed.iter().flat_map(|one| &one.items).map(|item| item.sku_id).collect();
    if as_they_were(tx, ids, read).await? {
        return Ok(());
    }
    Err(tx.raced("a SKU changed under the batch"))
}

/// The rows of the orders themselves.
async fn record(
    tx: &mut Tx<'_>,
    outlet: &EventOutlet,
    placed: &[&PlacedOrder],
    now: UtcMs,
) -> Result<(), DbError> {
    let limited: Vec<&LimitedPurchase> = placed.iter().flat_map(|one| &one.limited).collect();
    purchase_limit::insert_many(tx, &limited).await?;
    let orders: Vec<&order::Order> = placed.iter().map(|one| &one.order).collect();
    let items: Vec<&order::OrderItem> = placed.iter().flat_map(|one| &one.items).collect();
    order::insert_many(tx, &orders, &items).await?;
    let keys: Vec<&IdempotencyKey> = placed.iter().flat_map(|one| &one.keys).collect();
    idempotency::insert_many(tx, &keys, now.plus(KEY_LIFE)).await?;
    tell_of(tx, outlet, placed, now).await?;
    owe_closing(tx, placed).await
}

async fn record_movements(tx: &mut Tx<'_>, placed: &[&PlacedOrder], now: UtcMs) -> Result<(), DbError> {
    let movements: Vec<StockMovement<'_>> = placed.iter().flat_map(|one| &one.items).map(movement).collect();
    stock::record(tx, &movements, now).await
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
    let taken = stock::sell(tx, &nets).await?;
    taken.map_err(|stock::StockShort| tx.raced("stock changed under the batch"))
}

async fn redeem_coupons(tx: &mut Tx<'_>, placed: &[&PlacedOrder], now: UtcMs) -> Result<(), DbError> {
    let uses = placed.iter().filter_map(|one| Some((one.order.discount.coupon_id?, &one.order.id)));
    let mut uses: Vec<_> = uses.collect();
    uses.sort_unstable();
    let used = coupon::redeem(tx, &uses, now).await?;
    used.map_err(|coupon::CouponUnavailable| tx.raced("a coupon changed under the batch"))
}

/// What each order spends and what it earns.
async fn move_points(tx: &mut Tx<'_>, placed: &[&PlacedOrder], now: UtcMs) -> Result<(), DbError> {
    let both = placed.iter().flat_map(|one| {
        let (username, reference) = (one.order.username.as_str(), one.order.id.as_str());
        let spent = one.order.discount.points_used;
        [(LedgerCause::Spend, -spent, 0), (LedgerCause::Place, one.points, one.pending_points())].map(
            |(cause, points, pending)| points::PointsEntry { username, cause, reference, points, pending },
        )
    });
    let entries: Vec<_> = both.filter(|entry| entry.points != 0).collect();
    let moved = points::add(tx, &entries, now).await?;
    moved.map_err(|points::PointsShort| tx.raced("points of a buyer changed under the batch"))
}

/// Lines that came from a cart leave it: those in the cache are noted as bought,
/// and go after the commit, as those named by `gone` have; those in the database go now. One that is no longer as it was
/// read was bought or changed meanwhile: then nothing of this may stay.
pub(super) async fn empty_carts(
    tx: &mut Tx<'_>,
    placed: &[&PlacedOrder],
    gone: &[OrderId],
) -> Result<(), DbError> {
    let Some(now) = placed.iter().map(|one| one.order.times.create).max() else {
        return Ok(());
    };
    let taken: Vec<&Taken> = placed.iter().flat_map(|one| &one.taken).collect();
    purchased::insert_many(tx, &taken).await?;
    cleanup::insert_many(tx, &cleanup::together(&taken), now).await?;
    cleanup::removed(tx, gone, now).await?;
    let from_rows = placed.iter().filter(|one| one.origin == OrderOrigin::Cart && one.taken.is_empty());
    let bought = from_rows.flat_map(|one| {
        let username = one.order.username.as_str();
        one.items.iter().map(move |item| (username, item.sku_id, item.num))
    });
    let bought: Vec<_> = bought.collect();
    if db_cart::remove_many(tx, &bought).await? == bought.len() as u64 {
        return Ok(());
    }
    Err(tx.raced("a cart changed under the batch"))
}

/// The event of placing takes the number of the order itself.
async fn tell_of(
    tx: &mut Tx<'_>,
    outlet: &EventOutlet,
    placed: &[&PlacedOrder],
    now: UtcMs,
) -> Result<(), DbError> {
    let number =
        |one: &&'_ PlacedOrder| -> Option<Id> { one.order.id.as_str().strip_prefix("NO.")?.parse().ok() };
    let told = placed.iter().filter_map(|one| {
        let (id, order, actor) = (number(one)?, &one.order, one.order.username.as_str());
        Some(OrderHappening { id, order, kind: HistoryKind::Placed, actor, detail: None, payment: None })
    });
    tell(tx, outlet, &told.collect::<Vec<_>>(), now).await
}

async fn owe_closing(tx: &mut Tx<'_>, placed: &[&PlacedOrder]) -> Result<(), DbError> {
    let owed = placed.iter().filter_map(|one| {
        let at = one.order.pay_by?;
        Some(due_work::NewDueWork { kind: due_work::DueKind::Close, reference: one.order.id.as_str(), at })
    });
    due_work::owe(tx, &owed.collect::<Vec<_>>()).await
}
