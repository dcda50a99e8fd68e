//! What a coupon takes off, and of which lines.

use std::fmt;

use crate::domain::id::SkuId;
use crate::domain::money::Fen;
use crate::domain::pricing::PricingLine;

/// How much is taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CouponReduction {
    /// A fixed amount, in fen.
    Amount(Fen),
    /// A share of what the lines cost.
    Percent {
        /// Hundredths that are taken off: 10 means 九折.
        percent: i64,
        /// The most that is taken off, in fen.
        most: Fen,
    },
}

/// Which lines an offer is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CouponScope {
    /// All of them.
    All,
    /// Those of these SKUs.
    Skus(Vec<SkuId>),
    /// Those of these categories.
    Categories(Vec<i64>),
}

impl CouponScope {
    /// Whether a line is meant.
    pub fn covers(&self, line: &PricingLine) -> bool {
        match self {
            CouponScope::All => true,
            CouponScope::Skus(skus) => skus.contains(&line.sku_id),
            CouponScope::Categories(categories) => {
                line.category_id.is_some_and(|own| categories.contains(&own))
            }
        }
    }

    /// The numbers it names.
    pub fn numbers(&self) -> Vec<i64> {
        match self {
            CouponScope::All => Vec::new(),
            CouponScope::Skus(skus) => skus.iter().map(|sku| sku.0).collect(),
            CouponScope::Categories(categories) => categories.clone(),
        }
    }
}

/// What a coupon promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CouponRule {
    /// How much is taken off.
    pub off: CouponReduction,
    /// What the lines it is about must cost at least, in fen.
    pub min_money: Fen,
    /// Which lines it is about.
    pub scope: CouponScope,
}

/// Why an offer takes nothing off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleNotMet {
    /// None of the lines is meant.
    NoSuchLine,
    /// What is taken off is less than a fen.
    Nothing,
    /// The lines that are meant cost too little.
    TooLittle {
        /// What is lacking, in fen.
        lacks: Fen,
    },
}

impl CouponRule {
    /// What is taken off the lines that are meant, in fen: something, and never more than they cost.
    pub fn saves(&self, lines: &[PricingLine]) -> Result<Fen, RuleNotMet> {
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
        assert_eq!(offer(ten, 0, CouponScope::Skus(vec![Id(3)])).saves(&lines), Err(RuleNotMet::NoSuchLine));
        let short = offer(ten, 6001, CouponScope::Categories(vec![8])).saves(&lines);
        assert_eq!(short, Err(RuleNotMet::TooLittle { lacks: Fen(1) }));
        assert_eq!(offer(ten, 6000, CouponScope::Categories(vec![8])).saves(&lines), Ok(Fen(1000)));
        assert_eq!(
            offer(CouponReduction::Amount(Fen(9000)), 0, CouponScope::Skus(vec![Id(1)])).saves(&lines),
            Ok(Fen(5000))
        );
    }

    #[test]
    fn a_percentage_is_cut_to_whole_fen_and_capped() {
        let fifteen =
            |most| offer(CouponReduction::Percent { percent: 15, most: Fen(most) }, 0, CouponScope::All);
        assert_eq!(fifteen(10_000).saves(&[line(1, 1, 333, 1)]), Ok(Fen(49)));
        assert_eq!(fifteen(40).saves(&[line(1, 1, 6, 1)]), Err(RuleNotMet::Nothing));
        assert_eq!(fifteen(40).saves(&[line(1, 1, 333, 1)]), Ok(Fen(40)));
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
                if let Ok(saved) = offer(off, 0, CouponScope::Skus(vec![Id(1)])).saves(&lines) {
                    prop_assert!(Fen::ZERO < saved && saved <= Fen(meant));
                }
            }
        }
    }
}
