//! What a buyer means to buy. Prices here are only remembered to show that they
//! changed; orders are priced from the catalogue.
//!
//! Carts live in the database ([`rows`]) or, where there is one, in the cache
//! that nodes share ([`hash`]). A cache is no part of the order's transaction:
//! there [`taken`] says which lines were bought, and [`owed`] what is still to be done about them.

pub mod cleanup;
pub mod db_cart;
pub mod purchased;
pub mod redis_cart;

use crate::domain::id::SkuId;
use crate::domain::money::Fen;

/// One SKU in somebody's cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartLine {
    /// Whose cart.
    pub username: String,
    /// The SKU.
    pub sku_id: SkuId,
    /// How many; at least one.
    pub num: i64,
    /// Whether it is bought with the next order.
    pub selected: bool,
    /// Its price when it was put in, in fen.
    pub price_seen: Fen,
    /// Names this writing of the line where carts live in the cache; empty in the database.
    pub stamp: String,
}

/// Whether a line is to be bought with the next order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineSelection {
    /// It is.
    Yes,
    /// It stays for later.
    No,
}
