//! What a buyer is told about how many there are.

use crate::nouns::catalog::{Shelf, Sku};
use crate::values::lang::Lang;
use crate::values::limits::LINE_NUM_MAX;

/// How a SKU stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stock {
    Plenty,
    /// Nearly sold out: so many are left.
    Few(i64),
    SoldOut,
    OffShelf,
}

impl Stock {
    /// How this SKU stands now.
    pub(super) fn of(sku: &Sku) -> Stock {
        match sku.shelf {
            Shelf::OffShelf | Shelf::Deleted => Stock::OffShelf,
            Shelf::OnSale if sku.num <= 0 => Stock::SoldOut,
            Shelf::OnSale if sku.num <= sku.facts.alert_num => Stock::Few(sku.num),
            Shelf::OnSale => Stock::Plenty,
        }
    }

    /// The badge that says so, with its colour; plenty needs none.
    pub(super) fn badge(self, lang: Lang) -> Option<(&'static str, String)> {
        let (tone, zh, en) = match self {
            Stock::Plenty => return None,
            Stock::Few(left) => ("few", format!("仅剩 {left} 件"), format!("Only {left} left")),
            Stock::SoldOut => ("out", "已售罄".to_owned(), "Sold out".to_owned()),
            Stock::OffShelf => ("out", "已下架".to_owned(), "No longer sold".to_owned()),
        };
        Some((tone, lang.of(&zh, &en).to_owned()))
    }

    /// Whether at least one can be bought.
    pub(super) fn is_buyable(self) -> bool {
        match self {
            Stock::Plenty | Stock::Few(_) => true,
            Stock::SoldOut | Stock::OffShelf => false,
        }
    }
}

/// The most of a SKU that one cart takes.
pub(super) fn most(sku: &Sku) -> i64 {
    sku.num.clamp(1, LINE_NUM_MAX)
}
