//! Everything a batch of requests needs to be decided, read as sets.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::batch_state::{BatchState, CartAccess};
use super::lines::limit_account;
use super::{OrderedGoods, PlaceRequest, ReceiverChoice};
use crate::domain::id::{AddressId, OrderId, SkuId};
use crate::infra::cache::{Cache, CacheError};
use crate::infra::db::{ConcurrentWriters, DbError, Tx};
use crate::store::address::{self, Address};
use crate::store::catalog::{self, Sku};
use crate::store::coupon::{self, Coupon, CouponId};
use crate::store::order;
use crate::store::order::idempotency::{self, IdempotencyKey};
use crate::store::purchase_limit::{self, LimitUsage};
use crate::store::{cart, points};

/// The carts of a batch before its transaction: no transaction waits for the cache.
pub(super) enum CartsRead {
    /// Carts are in the database, and read in the transaction.
    Rows,
    /// Carts are in the cache, and these are their lines.
    Lines(Vec<cart::CartLine>),
    /// Carts are in the cache, which is unreachable.
    Away,
}

/// When a batch locks the SKUs it sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SkuLocking {
    /// Before anything else is read: what was read stays true, but batches of the same SKU run one by one.
    First,
    /// After everything else is written, for as short a time as possible. SKUs may have changed since they were read.
    Last,
}

impl SkuLocking {
    /// With concurrent writers a batch locks last; if it loses a race, the next run locks first.
    pub(super) fn for_writers(rivals: ConcurrentWriters) -> SkuLocking {
        match rivals {
            ConcurrentWriters::Some { tries: 0 } => SkuLocking::Last,
            ConcurrentWriters::None | ConcurrentWriters::Some { .. } => SkuLocking::First,
        }
    }
}

/// Reads the carts that live in the cache, in one round trip.
pub(super) async fn read_carts(cache: Option<&Cache>, requests: &[PlaceRequest]) -> CartsRead {
    let Some(cache) = cache else { return CartsRead::Rows };
    let (whole, named) = wanted_lines(requests);
    if whole.is_empty() && named.is_empty() {
        return CartsRead::Lines(Vec::new());
    }
    let mut all: BTreeMap<&str, Option<Vec<SkuId>>> = BTreeMap::new();
    for (username, sku_id) in named {
        all.entry(username).or_insert_with(|| Some(Vec::new())).get_or_insert_default().push(sku_id);
    }
    all.extend(whole.into_iter().map(|username| (username, None)));
    match cart::redis_cart::list_lines(cache, &all).await {
        Ok(lines) => CartsRead::Lines(lines),
        Err(CacheError::Away) => CartsRead::Away,
        Err(error) => {
            tracing::error!(%error, "carts were not read");
            CartsRead::Away
        }
    }
}

/// Reads what `requests` need. SKUs that are locked first are locked before the rest is
/// read, so that orders another node has just placed are seen.
pub(super) async fn read_state(
    tx: &mut Tx<'_>,
    requests: &[PlaceRequest],
    carts_read: &CartsRead,
    locking: SkuLocking,
) -> Result<BatchState, DbError> {
    let lines = match carts_read {
        CartsRead::Rows => read_lines(tx, requests).await?,
        CartsRead::Lines(lines) => filter_lines(requests, lines),
        CartsRead::Away => Vec::new(),
    };
    let direct = requests.iter().filter_map(|request| request.goods.direct_sku());
    let skus = read_skus(tx, lines.iter().map(|line| line.sku_id).chain(direct).collect(), locking).await?;
    let mut carts: HashMap<String, Vec<cart::CartLine>> = HashMap::new();
    for line in exclude_purchased(tx, carts_read, locking, lines).await? {
        carts.entry(line.username.clone()).or_default().push(line);
    }
    let limited = read_limit_usage(tx, requests, &carts, &skus).await?;
    let (balances, open_orders) = read_standings(tx, requests).await?;
    Ok(BatchState {
        carts,
        reach: if matches!(carts_read, CartsRead::Away) { CartAccess::Away } else { CartAccess::Read },
        skus,
        coupons: read_coupons(tx, requests).await?,
        balances,
        open_orders,
        limited,
        addresses: read_addresses(tx, requests).await?,
        defaults: read_default_addresses(tx, requests).await?,
        keys: read_keys(tx, requests).await?,
        existing: HashSet::new(),
    })
}

/// A purchase limit counts the orders of all nodes, so limited SKUs are always locked
/// first.
async fn read_skus(
    tx: &mut Tx<'_>,
    ids: BTreeSet<SkuId>,
    locking: SkuLocking,
) -> Result<BTreeMap<SkuId, Sku>, DbError> {
    let found = match locking {
        SkuLocking::First => catalog::lock(tx, ids).await?,
        SkuLocking::Last => {
            let found = catalog::find_by_ids(tx, ids.iter().copied()).await?;
            let is_limited = found.iter().any(|sku| sku.sale.buyer_limit.is_some());
            if is_limited { catalog::lock(tx, ids).await? } else { found }
        }
    };
    Ok(found.into_iter().map(|sku| (sku.id, sku)).collect())
}

/// Locks these SKUs; returns whether they still sell on the terms they were `read` with.
pub(super) async fn lock_unchanged(
    tx: &mut Tx<'_>,
    ids: BTreeSet<SkuId>,
    read: &BTreeMap<SkuId, Sku>,
) -> Result<bool, DbError> {
    let now = catalog::lock(tx, ids.iter().copied()).await?;
    let is_same = |sku: &Sku| read.get(&sku.id).is_some_and(|before| before.sells_like(sku));
    Ok(now.len() == ids.len() && now.iter().all(is_same))
}

pub(super) async fn find_existing(
    tx: &mut Tx<'_>,
    requests: &[PlaceRequest],
) -> Result<HashSet<OrderId>, DbError> {
    let found = order::existing_ids(tx, requests.iter().map(|request| &request.order_id)).await?;
    Ok(found.into_iter().collect())
}

async fn read_coupons(
    tx: &mut Tx<'_>,
    requests: &[PlaceRequest],
) -> Result<HashMap<CouponId, Coupon>, DbError> {
    let named: BTreeSet<CouponId> = requests.iter().filter_map(|request| request.coupon_id).collect();
    Ok(coupon::find_by_ids(tx, named).await?.into_iter().map(|coupon| (coupon.id, coupon)).collect())
}

/// Spendable points and numbers of open orders, by buyer.
type Standings = (HashMap<String, i64>, HashMap<String, i64>);

async fn read_standings(tx: &mut Tx<'_>, requests: &[PlaceRequest]) -> Result<Standings, DbError> {
    let buyers: BTreeSet<&str> = requests.iter().map(|request| request.username.as_str()).collect();
    let found = points::standings(tx, buyers).await?.into_iter();
    Ok(found.map(|(name, points, open)| ((name.clone(), points), (name, open))).unzip())
}

/// How many pieces buyers have of the limited SKUs they want.
async fn read_limit_usage(
    tx: &mut Tx<'_>,
    requests: &[PlaceRequest],
    carts: &HashMap<String, Vec<cart::CartLine>>,
    skus: &BTreeMap<SkuId, Sku>,
) -> Result<HashMap<LimitUsage, i64>, DbError> {
    let bounded = |id: SkuId| skus.get(&id).filter(|sku| sku.sale.buyer_limit.is_some());
    let lines = carts.values().flatten().map(|line| (&line.username, line.sku_id));
    let direct = requests.iter().filter_map(|request| Some((&request.username, request.goods.direct_sku()?)));
    let accounts = lines.chain(direct).filter_map(|(buyer, id)| Some(limit_account(buyer, bounded(id)?)));
    let accounts: BTreeSet<LimitUsage> = accounts.collect();
    let mut had = HashMap::new();
    for (account, num) in purchase_limit::list_purchases(tx, &accounts).await? {
        *had.entry(account).or_insert(0) += num;
    }
    Ok(had)
}

/// The cart lines of these buyers: half a batch needs only a part of what was read.
fn filter_lines(requests: &[PlaceRequest], lines: &[cart::CartLine]) -> Vec<cart::CartLine> {
    let buyers: BTreeSet<&str> = requests.iter().map(|request| request.username.as_str()).collect();
    lines.iter().filter(|line| buyers.contains(line.username.as_str())).cloned().collect()
}

/// Without lines that another order has bought and that the cache still had. The SKUs
/// are locked before, so that of two nodes with the same line the second reads what the
/// first wrote. A batch that locks last fails when it takes the line, and comes here in
/// its next run.
async fn exclude_purchased(
    tx: &mut Tx<'_>,
    carts_read: &CartsRead,
    locking: SkuLocking,
    lines: Vec<cart::CartLine>,
) -> Result<Vec<cart::CartLine>, DbError> {
    match (carts_read, locking) {
        (CartsRead::Rows | CartsRead::Away, _) | (CartsRead::Lines(_), SkuLocking::Last) => Ok(lines),
        (CartsRead::Lines(_), SkuLocking::First) => {
            let bought = cart::purchased::find_purchased(tx, &lines).await?;
            Ok(cart::purchased::exclude_purchased(lines, &bought))
        }
    }
}

/// Buyers whose whole cart is needed, and the named lines of all others.
fn wanted_lines(requests: &[PlaceRequest]) -> (BTreeSet<&str>, BTreeSet<(&str, SkuId)>) {
    let whole: BTreeSet<&str> = requests
        .iter()
        .filter(|request| request.goods == OrderedGoods::Cart(None))
        .map(|request| request.username.as_str())
        .collect();
    let named = requests.iter().filter(|request| !whole.contains(request.username.as_str()));
    let named = named.flat_map(|request| {
        let ids = request.goods.named_skus().into_iter().flatten();
        ids.map(|id| (request.username.as_str(), *id))
    });
    let named = named.collect();
    (whole, named)
}

/// The cart lines that may be bought: the named ones, or else the whole cart.
async fn read_lines(tx: &mut Tx<'_>, requests: &[PlaceRequest]) -> Result<Vec<cart::CartLine>, DbError> {
    let (whole, named) = wanted_lines(requests);
    let mut lines = cart::db_cart::find_lines(tx, &named).await?;
    lines.extend(cart::db_cart::list_for_users(tx, whole).await?);
    Ok(lines)
}

async fn read_addresses(
    tx: &mut Tx<'_>,
    requests: &[PlaceRequest],
) -> Result<HashMap<AddressId, Address>, DbError> {
    let named = requests.iter().filter_map(|request| match request.receiver {
        ReceiverChoice::Address(id) => Some(id),
        ReceiverChoice::Default | ReceiverChoice::DefaultElse(_) | ReceiverChoice::Given(_) => None,
    });
    let named: BTreeSet<AddressId> = named.collect();
    Ok(address::find_by_ids(tx, named).await?.into_iter().map(|address| (address.id, address)).collect())
}

async fn read_default_addresses(
    tx: &mut Tx<'_>,
    requests: &[PlaceRequest],
) -> Result<HashMap<String, Address>, DbError> {
    let asking = requests.iter().filter(|request| match request.receiver {
        ReceiverChoice::Default | ReceiverChoice::DefaultElse(_) => true,
        ReceiverChoice::Address(_) | ReceiverChoice::Given(_) => false,
    });
    let buyers: BTreeSet<&str> = asking.map(|request| request.username.as_str()).collect();
    let found = address::defaults_for_users(tx, buyers).await?;
    Ok(found.into_iter().map(|address| (address.username.clone(), address)).collect())
}

async fn read_keys(
    tx: &mut Tx<'_>,
    requests: &[PlaceRequest],
) -> Result<HashMap<(String, String), IdempotencyKey>, DbError> {
    let named = requests
        .iter()
        .flat_map(|request| request.keys.iter().map(|text| (request.username.as_str(), text.as_str())));
    let named: BTreeSet<(&str, &str)> = named.collect();
    let Some(now) = requests.iter().map(|request| request.now).min() else {
        return Ok(HashMap::new());
    };
    let used = idempotency::find_used(tx, &named, now).await?;
    Ok(used.into_iter().map(|key| ((key.username.clone(), key.text.clone()), key)).collect())
}
