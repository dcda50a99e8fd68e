//! Everything a batch of requests needs to be decided, read as sets.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::decide::{BatchState, CartAccess};
use super::lines::account;
use super::{OrderedGoods, PlaceRequest, ReceiverChoice};
use crate::domain::id::{AddressId, OrderId, SkuId};
use crate::flow::cart::without;
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
    /// They live in the database and are read with all else.
    Rows,
    /// They live in the cache, and these are their lines.
    Lines(Vec<cart::CartLine>),
    /// They live in the cache, which does not answer.
    Away,
}

/// When a batch keeps others from the SKUs it sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SkuLocking {
    /// Before anything is read: what was read stays true. For whom that is dear is served once at a time.
    First,
    /// When all is written that nobody else wants, for as short as can be. Then what was read may no longer be true.
    Last,
}

impl SkuLocking {
    /// A batch on a server trusts to luck once; overtaken, it holds what it sells from the beginning.
    pub(super) fn of(rivals: ConcurrentWriters) -> SkuLocking {
        match rivals {
            ConcurrentWriters::Some { tries: 0 } => SkuLocking::Last,
            ConcurrentWriters::None | ConcurrentWriters::Some { .. } => SkuLocking::First,
        }
    }
}

/// Reads the carts that live in the cache, in one round trip.
pub(super) async fn carts(cache: Option<&Cache>, requests: &[PlaceRequest]) -> CartsRead {
    let Some(cache) = cache else { return CartsRead::Rows };
    let (whole, named) = wanted(requests);
    if whole.is_empty() && named.is_empty() {
        return CartsRead::Lines(Vec::new());
    }
    let mut all: BTreeMap<&str, Option<Vec<SkuId>>> = BTreeMap::new();
    for (username, sku_id) in named {
        all.entry(username).or_insert_with(|| Some(Vec::new())).get_or_insert_default().push(sku_id);
    }
    all.extend(whole.into_iter().map(|username| (username, None)));
    match cart::redis_cart::lines(cache, &all).await {
        Ok(lines) => CartsRead::Lines(lines),
        Err(CacheError::Away) => CartsRead::Away,
        Err(error) => {
            tracing::error!(%error, "carts were not read");
            CartsRead::Away
        }
    }
}

/// Reads what `requests` need. SKUs that are held first are held before the rest
/// is read, so that what was placed a moment ago on another node is seen.
pub(super) async fn state(
    tx: &mut Tx<'_>,
    requests: &[PlaceRequest],
    held: &CartsRead,
    hold: SkuLocking,
) -> Result<BatchState, DbError> {
    let lines = match held {
        CartsRead::Rows => lines(tx, requests).await?,
        CartsRead::Lines(lines) => of_these(requests, lines),
        CartsRead::Away => Vec::new(),
    };
    let direct = requests.iter().filter_map(|request| request.goods.direct());
    let skus = skus(tx, lines.iter().map(|line| line.sku_id).chain(direct).collect(), hold).await?;
    let mut carts: HashMap<String, Vec<cart::CartLine>> = HashMap::new();
    for line in not_bought(tx, held, hold, lines).await? {
        carts.entry(line.username.clone()).or_default().push(line);
    }
    let limited = limited(tx, requests, &carts, &skus).await?;
    Ok(BatchState {
        carts,
        reach: if matches!(held, CartsRead::Away) { CartAccess::Away } else { CartAccess::Read },
        skus,
        coupons: coupons(tx, requests).await?,
        balances: balances(tx, requests).await?,
        limited,
        addresses: addresses(tx, requests).await?,
        defaults: defaults(tx, requests).await?,
        keys: keys(tx, requests).await?,
        there: HashSet::new(),
    })
}

/// A limit holds for a buyer wherever the orders are placed, so SKUs that have
/// one are held first all the same.
async fn skus(
    tx: &mut Tx<'_>,
    ids: BTreeSet<SkuId>,
    hold: SkuLocking,
) -> Result<BTreeMap<SkuId, Sku>, DbError> {
    let found = match hold {
        SkuLocking::First => catalog::lock(tx, ids).await?,
        SkuLocking::Last => {
            let found = catalog::by_ids(tx, ids.iter().copied()).await?;
            let is_limited = found.iter().any(|sku| sku.sale.buyer_limit.is_some());
            if is_limited { catalog::lock(tx, ids).await? } else { found }
        }
    };
    Ok(found.into_iter().map(|sku| (sku.id, sku)).collect())
}

/// Whether these SKUs, held from now on, still sell as they did when they were read.
pub(super) async fn as_they_were(
    tx: &mut Tx<'_>,
    ids: BTreeSet<SkuId>,
    read: &BTreeMap<SkuId, Sku>,
) -> Result<bool, DbError> {
    let now = catalog::lock(tx, ids.iter().copied()).await?;
    let is_same = |sku: &Sku| read.get(&sku.id).is_some_and(|before| before.sells_like(sku));
    Ok(now.len() == ids.len() && now.iter().all(is_same))
}

/// Which of the orders asked for are there already.
pub(super) async fn there(tx: &mut Tx<'_>, requests: &[PlaceRequest]) -> Result<HashSet<OrderId>, DbError> {
    let found = order::existing(tx, requests.iter().map(|request| &request.order_id)).await?;
    Ok(found.into_iter().collect())
}

async fn coupons(tx: &mut Tx<'_>, requests: &[PlaceRequest]) -> Result<HashMap<CouponId, Coupon>, DbError> {
    let named: BTreeSet<CouponId> = requests.iter().filter_map(|request| request.coupon_id).collect();
    Ok(coupon::by_ids(tx, named).await?.into_iter().map(|coupon| (coupon.id, coupon)).collect())
}

async fn balances(tx: &mut Tx<'_>, requests: &[PlaceRequest]) -> Result<HashMap<String, i64>, DbError> {
    let paying = requests.iter().filter(|request| request.points > 0);
    let buyers: BTreeSet<&str> = paying.map(|request| request.username.as_str()).collect();
    Ok(points::spendable(tx, buyers).await?.into_iter().collect())
}

/// What buyers have of the limited SKUs in their carts, and of those they buy without one.
async fn limited(
    tx: &mut Tx<'_>,
    requests: &[PlaceRequest],
    carts: &HashMap<String, Vec<cart::CartLine>>,
    skus: &BTreeMap<SkuId, Sku>,
) -> Result<HashMap<LimitUsage, i64>, DbError> {
    let bounded = |id: SkuId| skus.get(&id).filter(|sku| sku.sale.buyer_limit.is_some());
    let lines = carts.values().flatten().map(|line| (&line.username, line.sku_id));
    let direct = requests.iter().filter_map(|request| Some((&request.username, request.goods.direct()?)));
    let accounts = lines.chain(direct).filter_map(|(buyer, id)| Some(account(buyer, bounded(id)?)));
    let accounts: BTreeSet<LimitUsage> = accounts.collect();
    let mut had = HashMap::new();
    for (account, num) in purchase_limit::pieces(tx, &accounts).await? {
        *had.entry(account).or_insert(0) += num;
    }
    Ok(had)
}

/// Those of the lines that are of carts of these buyers: a batch may be cut into halves.
fn of_these(requests: &[PlaceRequest], lines: &[cart::CartLine]) -> Vec<cart::CartLine> {
    let buyers: BTreeSet<&str> = requests.iter().map(|request| request.username.as_str()).collect();
    lines.iter().filter(|line| buyers.contains(line.username.as_str())).cloned().collect()
}

/// What another order took is no longer in the cart, whatever the cache said.
/// The SKUs are held before, so that of two nodes that hold the same line the
/// second reads what the first wrote. A batch that does not hold them finds the
/// line taken when it takes it, and looks here when it runs again.
async fn not_bought(
    tx: &mut Tx<'_>,
    held: &CartsRead,
    hold: SkuLocking,
    lines: Vec<cart::CartLine>,
) -> Result<Vec<cart::CartLine>, DbError> {
    match (held, hold) {
        (CartsRead::Rows | CartsRead::Away, _) | (CartsRead::Lines(_), SkuLocking::Last) => Ok(lines),
        (CartsRead::Lines(_), SkuLocking::First) => {
            let bought = cart::purchased::among(tx, &lines).await?;
            Ok(without(lines, &bought))
        }
    }
}

/// Whose cart is wanted whole, and which lines are named otherwise.
fn wanted(requests: &[PlaceRequest]) -> (BTreeSet<&str>, BTreeSet<(&str, SkuId)>) {
    let whole: BTreeSet<&str> = requests
        .iter()
        .filter(|request| request.goods == OrderedGoods::Cart(None))
        .map(|request| request.username.as_str())
        .collect();
    let named = requests.iter().filter(|request| !whole.contains(request.username.as_str()));
    let named = named.flat_map(|request| {
        let ids = request.goods.named().into_iter().flatten();
        ids.map(|id| (request.username.as_str(), *id))
    });
    let named = named.collect();
    (whole, named)
}

/// The cart lines that may be bought: those that are named, or whole carts
/// where none are.
async fn lines(tx: &mut Tx<'_>, requests: &[PlaceRequest]) -> Result<Vec<cart::CartLine>, DbError> {
    let (whole, named) = wanted(requests);
    let mut lines = cart::db_cart::some(tx, &named).await?;
    lines.extend(cart::db_cart::of(tx, whole).await?);
    Ok(lines)
}

async fn addresses(
    tx: &mut Tx<'_>,
    requests: &[PlaceRequest],
) -> Result<HashMap<AddressId, Address>, DbError> {
    let named = requests.iter().filter_map(|request| match request.receiver {
        ReceiverChoice::Address(id) => Some(id),
        ReceiverChoice::Default | ReceiverChoice::DefaultElse(_) | ReceiverChoice::Given(_) => None,
    });
    let named: BTreeSet<AddressId> = named.collect();
    Ok(address::by_ids(tx, named).await?.into_iter().map(|address| (address.id, address)).collect())
}

async fn defaults(tx: &mut Tx<'_>, requests: &[PlaceRequest]) -> Result<HashMap<String, Address>, DbError> {
    let asking = requests.iter().filter(|request| match request.receiver {
        ReceiverChoice::Default | ReceiverChoice::DefaultElse(_) => true,
        ReceiverChoice::Address(_) | ReceiverChoice::Given(_) => false,
    });
    let buyers: BTreeSet<&str> = asking.map(|request| request.username.as_str()).collect();
    let found = address::defaults_of(tx, buyers).await?;
    Ok(found.into_iter().map(|address| (address.username.clone(), address)).collect())
}

async fn keys(
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
    let used = idempotency::used(tx, &named, now).await?;
    Ok(used.into_iter().map(|key| ((key.username.clone(), key.text.clone()), key)).collect())
}
