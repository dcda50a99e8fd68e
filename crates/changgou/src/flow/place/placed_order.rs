//! A decided order.

use super::OrderOrigin;
use crate::domain::id::OrderId;
use crate::store::cart::purchased::PurchasedLine;
use crate::store::order::idempotency::IdempotencyKey;
use crate::store::order::{Order, OrderItem};
use crate::store::purchase_limit::LimitedPurchase;

/// The decision about a request that is not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceDecision {
    /// A new order with all its rows.
    Placed(Box<PlacedOrder>),
    /// The order that an earlier request with the same key placed.
    Repeat(OrderId),
}

impl PlaceDecision {
    pub fn placed(&self) -> Option<&PlacedOrder> {
        match self {
            PlaceDecision::Placed(placed) => Some(placed),
            PlaceDecision::Repeat(_) => None,
        }
    }
}

/// An order and everything that is written with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedOrder {
    pub order: Order,
    /// Its lines, in the order of the cart.
    pub items: Vec<OrderItem>,
    pub origin: OrderOrigin,
    /// Its lines of SKUs with a purchase limit.
    pub limited: Vec<LimitedPurchase>,
    /// The cart lines it takes, if carts are in the cache.
    pub taken: Vec<PurchasedLine>,
    /// Points earned.
    pub points: i64,
    /// Its idempotency keys.
    pub keys: Vec<IdempotencyKey>,
}
