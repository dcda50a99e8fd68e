//! Carts. Prices are stored only to show the buyer that they have changed; orders are priced from the
//! catalogue.
//!
//! Carts are in the database ([`db_cart`]) or, if there is one, in Redis ([`redis_cart`]). Redis is not
//! part of the order's transaction, so [`purchased`] records which lines were bought and [`cleanup`]
//! which are still to be removed.

pub mod cleanup;
pub mod db_cart;
pub mod purchased;
pub mod redis_cart;

use crate::domain::id::SkuId;
use crate::domain::money::Fen;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartLine {
    pub username: String,
    pub sku_id: SkuId,
    /// At least one.
    pub num: i64,
    /// Whether the next order includes it.
    pub selected: bool,
    /// The price when the SKU was added, in fen.
    pub price_seen: Fen,
    /// Changes with every write of a line in the cache; empty in the database.
    pub stamp: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineSelection {
    Yes,
    No,
}
