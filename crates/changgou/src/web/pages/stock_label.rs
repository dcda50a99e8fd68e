//! Whether a SKU can be bought, as pages show it.

use super::labels;
use crate::domain::clock::UtcMs;
use crate::domain::lang::Lang;
use crate::domain::limits::LINE_NUM_MAX;
use crate::store::catalog::{SalePhase, ShelfStatus, Sku};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StockLabel {
    InStock,
    /// Nearly sold out: the number left.
    Few(i64),
    SoldOut,
    OffShelf,
    /// Its sale starts at this time.
    Upcoming(UtcMs),
    /// Its sale has ended.
    Ended,
}

impl StockLabel {
    pub(super) fn of(sku: &Sku, now: UtcMs) -> StockLabel {
        match (sku.shelf, sku.sale.phase_at(now)) {
            (ShelfStatus::OffShelf | ShelfStatus::Deleted, _) => StockLabel::OffShelf,
            (ShelfStatus::OnSale, SalePhase::After(_)) => StockLabel::Ended,
            (ShelfStatus::OnSale, SalePhase::Before(_) | SalePhase::During) if sku.num <= 0 => {
                StockLabel::SoldOut
            }
            (ShelfStatus::OnSale, SalePhase::Before(from)) => StockLabel::Upcoming(from),
            (ShelfStatus::OnSale, SalePhase::During) if sku.num <= sku.facts.alert_num => {
                StockLabel::Few(sku.num)
            }
            (ShelfStatus::OnSale, SalePhase::During) => StockLabel::InStock,
        }
    }

    /// The badge's CSS class and text; none if there is plenty.
    pub(super) fn badge(self, lang: Lang) -> Option<(&'static str, String)> {
        let (tone, zh, en) = match self {
            StockLabel::InStock => return None,
            StockLabel::Few(left) => ("few", format!("仅剩 {left} 件"), format!("Only {left} left")),
            StockLabel::SoldOut => ("out", "已售罄".to_owned(), "Sold out".to_owned()),
            StockLabel::OffShelf => ("out", "已下架".to_owned(), "No longer sold".to_owned()),
            StockLabel::Upcoming(from) => return Some(("soon", labels::sale_starts(from, lang))),
            StockLabel::Ended => ("out", "抢购已结束".to_owned(), "Sale ended".to_owned()),
        };
        Some((tone, lang.of(&zh, &en).to_owned()))
    }

    pub(super) fn is_buyable(self) -> bool {
        match self {
            StockLabel::InStock | StockLabel::Few(_) => true,
            StockLabel::SoldOut | StockLabel::OffShelf | StockLabel::Upcoming(_) | StockLabel::Ended => false,
        }
    }

    /// Whether its sale has not started yet; it can already be put in the cart.
    pub(super) fn is_upcoming(self) -> bool {
        matches!(self, StockLabel::Upcoming(_))
    }
}

/// The largest quantity a buyer can choose.
pub(super) fn most(sku: &Sku) -> i64 {
    let limit = sku.sale.buyer_limit.unwrap_or(LINE_NUM_MAX);
    sku.num.min(limit).clamp(1, LINE_NUM_MAX)
}
