//! A buyer, and the lines of a cart.

use serde::{Deserialize, Serialize};

/// A cart line as the Java shop stores it, with a copy of name and price.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    pub(crate) sku_id: i64,
    pub(crate) spu_id: String,
    pub(crate) name: String,
    pub(crate) image: String,
    /// In fen.
    pub(crate) price: i32,
    pub(crate) num: i32,
    /// In fen.
    pub(crate) money: i32,
    /// In fen.
    pub(crate) pay_money: i32,
}

impl Line {
    /// One piece of a SKU.
    pub(crate) fn of(sku_id: i64) -> Line {
        let price = 1000 + i32::try_from(sku_id % 500).unwrap_or(0);
        Line {
            sku_id,
            spu_id: format!("{}", sku_id / 10),
            name: format!("Phone {sku_id} 8 GB 128 GB"),
            image: format!("https://image.example/{sku_id}.jpg"),
            price,
            num: 1,
            money: price,
            pay_money: price,
        }
    }
}

/// The key of a buyer's cart.
pub(crate) fn cart(username: &str) -> String {
    format!("Cart_{username}")
}

/// The name of a buyer.
pub(crate) fn username(nth: usize) -> String {
    format!("buyer{nth}")
}
