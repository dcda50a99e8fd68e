//! The discount of a coupon and the lines that it applies to.

use std::fmt;

use crate::domain::id::SkuId;
use crate::domain::money::Fen;
use crate::domain::pricing_line::PricingLine;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CouponReduction {
    /// In fen.
    Amount(Fen),
    /// A percentage of the price of the lines.
    Percent {
        /// 10 means 九折.
        percent: i64,
        /// The maximum discount, in fen.
        most: Fen,
    },
}

/// The lines that a coupon applies to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CouponScope {
    /// All of them.
    All,
    Skus(Vec<SkuId>),
    Categories(Vec<i64>),
}

impl CouponScope {
    pub fn covers(&self, line: &PricingLine) -> bool {
        match self {
            CouponScope::All => true,
            CouponScope::Skus(skus) => skus.contains(&line.sku_id),
            CouponScope::Categories(categories) => {
                line.category_id.is_some_and(|own| categories.contains(&own))
            }
        }
    }

    /// The ids of the SKUs or categories.
    pub fn ids(&self) -> Vec<i64> {
        match self {
            CouponScope::All => Vec::new(),
            CouponScope::Skus(skus) => skus.iter().map(|sku| sku.0).collect(),
            CouponScope::Categories(categories) => categories.clone(),
        }
    }
}

/// The discount of a coupon and its conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CouponRule {
    pub off: CouponReduction,
    /// The minimum price of the lines that it applies to, in fen.
    pub min_money: Fen,
    pub scope: CouponScope,
}

/// Why a coupon gives no discount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleNotMet {
    /// It applies to none of the lines.
    NoSuchLine,
    /// The discount is less than one fen.
    Nothing,
    /// The lines that it applies to are below the minimum.
    TooLittle {
        /// The missing amount, in fen.
        lacks: Fen,
    },
}

impl CouponRule {
    /// The discount in fen: more than zero and at most the price of the lines that it applies to.
    pub fn discount(&self, lines: &[PricingLine]) -> Result<Fen, RuleNotMet> {
        let mut meant = lines.iter().filter(|line| self.scope.covers(line)).peekable();
        if meant.peek().is_none() {
            return Err(RuleNotMet::NoSuchLine);
        }
        let cost = Fen::sum(meant.map(PricingLine::money)).unwrap_or(Fen(i64::MAX));
        if cost < self.min_money {
            return Err(RuleNotMet::TooLittle { lacks: Fen(self.min_money.0 - cost.0) });
        }
        let off = match self.off {
            CouponReduction::Amount(amount) => amount.min(cost),
            CouponReduction::Percent { percent, most } => cost.percent(percent).min(most).min(cost),
        };
        if off > Fen::ZERO { Ok(off) } else { Err(RuleNotMet::Nothing) }
    }
}

impl fmt::Display for CouponReduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CouponReduction::Amount(amount) => write!(f, "¥{amount}"),
            CouponReduction::Percent { percent, most } => write!(f, "{percent}% (≤ ¥{most})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::id::Id;

    fn line(sku: i64, category: i64, price: i64, num: i64) -> PricingLine {
        PricingLine { sku_id: Id(sku), category_id: Some(category), price: Fen(price), num }
    }

    fn offer(off: CouponReduction, min_money: i64, scope: CouponScope) -> CouponRule {
        CouponRule { off, min_money: Fen(min_money), scope }
    }

    #[test]
    fn only_the_lines_that_are_meant_count() {
        let lines = [line(1, 7, 5000, 1), line(2, 8, 3000, 2)];
        let ten = CouponReduction::Amount(Fen(1000));
        assert_eq!(
            offer(ten, 0, CouponScope::Skus(vec![Id(3)])).discount(&lines),
            Err(RuleNotMet::NoSuchLine)
        );
        let short = offer(ten, 6001, CouponScope::Categories(vec![8])).discount(&lines);
        assert_eq!(short, Err(RuleNotMet::TooLittle { lacks: Fen(1) }));
        assert_eq!(offer(ten, 6000, CouponScope::Categories(vec![8])).discount(&lines), Ok(Fen(1000)));
        assert_eq!(
            offer(CouponReduction::Amount(Fen(9000)), 0, CouponScope::Skus(vec![Id(1)])).discount(&lines),
            Ok(Fen(5000))
        );
    }

    #[test]
    fn a_percentage_is_cut_to_whole_fen_and_capped() {
        let fifteen =
            |most| offer(CouponReduction::Percent { percent: 15, most: Fen(most) }, 0, CouponScope::All);
        assert_eq!(fifteen(10_000).discount(&[line(1, 1, 333, 1)]), Ok(Fen(49)));
        assert_eq!(fifteen(40).discount(&[line(1, 1, 6, 1)]), Err(RuleNotMet::Nothing));
        assert_eq!(fifteen(40).discount(&[line(1, 1, 333, 1)]), Ok(Fen(40)));
    }

    proptest! {
        #[test]
        fn never_more_is_taken_off_than_the_lines_cost(
            lines in prop::collection::vec((0i64..4, 0i64..1_000_000, 1i64..999), 1..8),
            amount in 0i64..10_000_000, percent in 1i64..=100, most in 0i64..10_000_000,
        ) {
            let lines: Vec<PricingLine> = lines.into_iter().map(|(of, price, num)| line(of, of, price, num)).collect();
            let meant: i64 = lines.iter().filter(|line| line.sku_id == Id(1)).map(|line| line.money().0).sum();
            for off in [CouponReduction::Amount(Fen(amount)), CouponReduction::Percent { percent, most: Fen(most) }] {
                if let Ok(saved) = offer(off, 0, CouponScope::Skus(vec![Id(1)])).discount(&lines) {
                    prop_assert!(Fen::ZERO < saved && saved <= Fen(meant));
                }
            }
        }
    }
}
