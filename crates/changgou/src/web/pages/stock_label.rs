//! What a buyer is told about how many there are, and when they are sold.

use super::labels;
use crate::domain::clock::UtcMs;
use crate::domain::lang::Lang;
use crate::domain::limits::LINE_NUM_MAX;
use crate::store::catalog::{SalePhase, ShelfStatus, Sku};

/// How a SKU stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StockLabel {
    Plenty,
    /// Nearly sold out: so many are left.
    Few(i64),
    SoldOut,
    OffShelf,
    /// Its sale begins at this moment.
    Soon(UtcMs),
    /// Its sale is over.
    Ended,
}

impl StockLabel {
    /// How this SKU stands at `now`.
    pub(super) fn of(sku: &Sku, now: UtcMs) -> StockLabel {
        match (sku.shelf, sku.sale.at(now)) {
            (ShelfStatus::OffShelf | ShelfStatus::Deleted, _) => StockLabel::OffShelf,
            (ShelfStatus::OnSale, SalePhase::After(_)) => StockLabel::Ended,
            (ShelfStatus::OnSale, SalePhase::Before(_) | SalePhase::During) if sku.num <= 0 => {
                StockLabel::SoldOut
            }
            (ShelfStatus::OnSale, SalePhase::Before(from)) => StockLabel::Soon(from),
            (ShelfStatus::OnSale, SalePhase::During) if sku.num <= sku.facts.alert_num => {
                StockLabel::Few(sku.num)
            }
            (ShelfStatus::OnSale, SalePhase::During) => StockLabel::Plenty,
        }
    }

    /// The badge that says so, with its colour; plenty needs none.
    pub(super) fn badge(self, lang: Lang) -> Option<(&'static str, String)> {
        let (tone, zh, en) = match self {
            StockLabel::Plenty => return None,
            StockLabel::Few(left) => ("few", format!("仅剩 {left} 件"), format!("Only {left} left")),
            StockLabel::SoldOut => ("out", "已售罄".to_owned(), "Sold out".to_owned()),
            StockLabel::OffShelf => ("out", "已下架".to_owned(), "No longer sold".to_owned()),
            StockLabel::Soon(from) => return Some(("soon", labels::opens(from, lang))),
            StockLabel::Ended => ("out", "抢购已结束".to_owned(), "Sale ended".to_owned()),
        };
        Some((tone, lang.of(&zh, &en).to_owned()))
    }

    /// Whether at least one can be bought.
    pub(super) fn is_buyable(self) -> bool {
        match self {
            StockLabel::Plenty | StockLabel::Few(_) => true,
            StockLabel::SoldOut | StockLabel::OffShelf | StockLabel::Soon(_) | StockLabel::Ended => false,
        }
    }

    /// Whether the cart may hold it until its sale begins.
    pub(super) fn is_soon(self) -> bool {
        matches!(self, StockLabel::Soon(_))
    }
}

/// The most of a SKU that one cart takes.
pub(super) fn most(sku: &Sku) -> i64 {
    let limit = sku.sale.buyer_limit.unwrap_or(LINE_NUM_MAX);
    sku.num.min(limit).clamp(1, LINE_NUM_MAX)
}
