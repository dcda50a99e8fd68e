//! What a coupon takes off, and of which lines.

use std::fmt;

use crate::domain::id::SkuId;
use crate::domain::money::Fen;
use crate::domain::pricing::Line;

/// How much is taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Off {
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
pub enum Scope {
    /// All of them.
    All,
    /// Those of these SKUs.
    Skus(Vec<SkuId>),
    /// Those of these categories.
    Categories(Vec<i64>),
}

impl Scope {
    /// Whether a line is meant.
    pub fn covers(&self, line: &Line) -> bool {
        match self {
            Scope::All => true,
            Scope::Skus(skus) => skus.contains(&line.sku_id),
            Scope::Categories(categories) => line.category_id.is_some_and(|own| categories.contains(&own)),
        }
    }

    /// The numbers it names.
    pub fn numbers(&self) -> Vec<i64> {
        match self {
            Scope::All => Vec::new(),
            Scope::Skus(skus) => skus.iter().map(|sku| sku.0).collect(),
            Scope::Categories(categories) => categories.clone(),
        }
    }
}

/// What a coupon promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// How much is taken off.
    pub off: Off,
    /// What the lines it is about must cost at least, in fen.
    pub min_money: Fen,
    /// Which lines it is about.
    pub scope: Scope,
}

/// Why an offer takes nothing off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMet {
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

impl Offer {
    /// What is taken off the lines that are meant, in fen: something, and never more than they cost.
    pub fn saves(&self, lines: &[Line]) -> Result<Fen, NotMet> {
        let mut meant = lines.iter().filter(|line| self.scope.covers(line)).peekable();
        if meant.peek().is_none() {
            return Err(NotMet::NoSuchLine);
        }
        let cost = Fen::sum(meant.map(Line::money)).unwrap_or(Fen(i64::MAX));
        if cost < self.min_money {
            return Err(NotMet::TooLittle { lacks: Fen(self.min_money.0 - cost.0) });
        }
        let off = match self.off {
            Off::Amount(amount) => amount.min(cost),
            Off::Percent { percent, most } => cost.percent(percent).min(most).min(cost),
        };
        if off > Fen::ZERO { Ok(off) } else { Err(NotMet::Nothing) }
    }
}

impl fmt::Display for Off {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Off::Amount(amount) => write!(f, "¥{amount}"),
            Off::Percent { percent, most } => write!(f, "{percent}% (≤ ¥{most})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::id::Id;

    fn line(sku: i64, category: i64, price: i64, num: i64) -> Line {
        Line { sku_id: Id(sku), category_id: Some(category), price: Fen(price), num }
    }

    fn offer(off: Off, min_money: i64, scope: Scope) -> Offer {
        Offer { off, min_money: Fen(min_money), scope }
    }

    #[test]
    fn only_the_lines_that_are_meant_count() {
        let lines = [line(1, 7, 5000, 1), line(2, 8, 3000, 2)];
        let ten = Off::Amount(Fen(1000));
        assert_eq!(offer(ten, 0, Scope::Skus(vec![Id(3)])).saves(&lines), Err(NotMet::NoSuchLine));
        let short = offer(ten, 6001, Scope::Categories(vec![8])).saves(&lines);
        assert_eq!(short, Err(NotMet::TooLittle { lacks: Fen(1) }));
        assert_eq!(offer(ten, 6000, Scope::Categories(vec![8])).saves(&lines), Ok(Fen(1000)));
        assert_eq!(offer(Off::Amount(Fen(9000)), 0, Scope::Skus(vec![Id(1)])).saves(&lines), Ok(Fen(5000)));
    }

    #[test]
    fn a_percentage_is_cut_to_whole_fen_and_capped() {
        let fifteen = |most| offer(Off::Percent { percent: 15, most: Fen(most) }, 0, Scope::All);
        assert_eq!(fifteen(10_000).saves(&[line(1, 1, 333, 1)]), Ok(Fen(49)));
        assert_eq!(fifteen(40).saves(&[line(1, 1, 6, 1)]), Err(NotMet::Nothing));
        assert_eq!(fifteen(40).saves(&[line(1, 1, 333, 1)]), Ok(Fen(40)));
    }

    proptest! {
        #[test]
        fn never_more_is_taken_off_than_the_lines_cost(
            lines in prop::collection::vec((0i64..4, 0i64..1_000_000, 1i64..999), 1..8),
            amount in 0i64..10_000_000, percent in 1i64..=100, most in 0i64..10_000_000,
        ) {
            let lines: Vec<Line> = lines.into_iter().map(|(of, price, num)| line(of, of, price, num)).collect();
            let meant: i64 = lines.iter().filter(|line| line.sku_id == Id(1)).map(|line| line.money().0).sum();
            for off in [Off::Amount(Fen(amount)), Off::Percent { percent, most: Fen(most) }] {
                if let Ok(saved) = offer(off, 0, Scope::Skus(vec![Id(1)])).saves(&lines) {
                    prop_assert!(Fen::ZERO < saved && saved <= Fen(meant));
                }
            }
        }
    }
}
