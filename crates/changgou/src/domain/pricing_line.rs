//! A line of an order, as far as its price depends on it.

use crate::domain::id::SkuId;
use crate::domain::money::Fen;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricingLine {
    pub sku_id: SkuId,
    pub category_id: Option<i64>,
    /// The current price of one piece, in fen.
    pub price: Fen,
    /// At least one.
    pub num: i64,
}

impl PricingLine {
    /// Price × number, in fen; saturates on overflow.
    pub fn money(&self) -> Fen {
        self.price.times(self.num).unwrap_or(Fen(i64::MAX))
    }
}
