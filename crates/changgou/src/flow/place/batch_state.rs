//! What a batch of orders is decided by.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::id::{AddressId, OrderId, SkuId};
use crate::store::address::Address;
use crate::store::cart;
use crate::store::catalog::Sku;
use crate::store::coupon::{Coupon, CouponId};
use crate::store::order::idempotency::IdempotencyKey;
use crate::store::purchase_limit::LimitUsage;

/// What the transaction has read. Deciding an order takes its share away.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchState {
    /// The carts, by buyer.
    pub carts: HashMap<String, Vec<cart::CartLine>>,
    pub reach: CartAccess,
    /// The SKUs in those carts, and those bought without a cart.
    pub skus: BTreeMap<SkuId, Sku>,
    /// The named coupons, of any owner.
    pub coupons: HashMap<CouponId, Coupon>,
    /// Spendable points of the buyers who pay with points.
    pub balances: HashMap<String, i64>,
    /// How many open orders of the buyers brought no money yet.
    pub open_orders: HashMap<String, i64>,
    /// How many pieces of limited SKUs buyers have.
    pub limited: HashMap<LimitUsage, i64>,
    /// The named addresses, of any owner.
    pub addresses: HashMap<AddressId, Address>,
    /// The default addresses, by buyer.
    pub defaults: HashMap<String, Address>,
    /// Idempotency keys that were used before, by buyer and key.
    pub keys: HashMap<(String, String), IdempotencyKey>,
    /// Orders that exist already, if the commit of this batch was not answered.
    pub existing: HashSet<OrderId>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CartAccess {
    #[default]
    Read,
    /// The cache is unreachable; buyers who need their cart are told to come back.
    Away,
}
