//! Money as integer fen (1/100 yuan) with checked arithmetic.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount in fen. Only differences may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(pub i64);

/// The highest total of an order: the limit of the Java shop's `int` columns.
pub const ORDER_TOTAL_MAX: Fen = Fen(i32::MAX as i64);

impl Fen {
    pub const ZERO: Fen = Fen(0);

    /// `None` on overflow.
    pub fn plus(self, other: Fen) -> Option<Fen> {
        self.0.checked_add(other.0).map(Fen)
    }

    /// `None` on overflow.
    pub fn minus(self, other: Fen) -> Option<Fen> {
        self.0.checked_sub(other.0).map(Fen)
    }

    /// `None` on overflow.
    pub fn times(self, num: i64) -> Option<Fen> {
        self.0.checked_mul(num).map(Fen)
    }

    /// Rounded down to whole fen.
    pub fn percent(self, percent: i64) -> Fen {
        let fen = i128::from(self.0) * i128::from(percent) / 100;
        Fen(i64::try_from(fen).unwrap_or(i64::MAX))
    }

    /// `None` on overflow.
    pub fn sum(amounts: impl IntoIterator<Item = Fen>) -> Option<Fen> {
        amounts.into_iter().try_fold(Fen::ZERO, Fen::plus)
    }
}

/// Distributes `amount` in proportion to `weights` by largest remainder. The shares add up to `amount`,
/// or to the sum of the weights if that is less, and no share exceeds its weight. Among equal
/// remainders the earlier one comes first.
pub fn distribute(amount: Fen, weights: &[Fen]) -> Vec<Fen> {
    let whole: i128 = weights.iter().map(|weight| i128::from(weight.0.max(0))).sum();
    let amount = i128::from(amount.0.max(0)).min(whole);
    if amount == 0 {
        return vec![Fen::ZERO; weights.len()];
    }
    let parts = weights.iter().map(|weight| i128::from(weight.0.max(0)) * amount);
    let (mut shares, remainders): (Vec<i128>, Vec<i128>) =
        parts.map(|part| (part / whole, part % whole)).unzip();
    let mut nth: Vec<usize> = (0..shares.len()).collect();
    nth.sort_by_key(|nth| std::cmp::Reverse(remainders[*nth]));
    let missing = usize::try_from(amount - shares.iter().sum::<i128>()).unwrap_or(0);
    for nth in nth.into_iter().take(missing) {
        shares[nth] += 1;
    }
    shares.into_iter().map(|share| Fen(i64::try_from(share).unwrap_or(i64::MAX))).collect()
}

/// Yuan with two decimals: `Fen(1999)` reads `19.99`.
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_have_two_decimals() {
        let read: Vec<String> = [0, 5, 100, 1999, -250, i64::MIN].map(|fen| Fen(fen).to_string()).into();
        assert_eq!(read, ["0.00", "0.05", "1.00", "19.99", "-2.50", "-92233720368547758.08"]);
    }

    #[test]
    fn the_largest_remainders_get_the_odd_fen() {
        assert_eq!(distribute(Fen(100), &[1000, 1000, 1000].map(Fen)), [34, 33, 33].map(Fen));
        assert_eq!(distribute(Fen(10), &[Fen(15), Fen(0), Fen(5)]), [8, 0, 2].map(Fen));
        assert_eq!(distribute(Fen(99), &[Fen(1), Fen(2)]), [1, 2].map(Fen), "no more than there is");
        assert_eq!(distribute(Fen(99), &[]), []);
    }

    proptest::proptest! {
        #[test]
        fn shares_add_up_and_none_is_more_than_its_weight(
            amount in 0i64..i64::MAX, weights in proptest::collection::vec(0i64..1 << 40, 0..40),
        ) {
            let weights: Vec<Fen> = weights.into_iter().map(Fen).collect();
            let whole: i64 = weights.iter().map(|weight| weight.0).sum();
            let shares = distribute(Fen(amount), &weights);
            proptest::prop_assert_eq!(shares.iter().map(|share| share.0).sum::<i64>(), amount.min(whole));
            proptest::prop_assert!(shares.iter().zip(&weights).all(|(share, weight)| share <= weight && share.0 >= 0));
        }

        #[test]
        fn sums_agree_with_wide_arithmetic(a: i64, b: i64, n: i64) {
            let narrow = |wide: i128| i64::try_from(wide).ok().map(Fen);
            proptest::prop_assert_eq!(Fen(a).plus(Fen(b)), narrow(i128::from(a) + i128::from(b)));
            proptest::prop_assert_eq!(Fen(a).minus(Fen(b)), narrow(i128::from(a) - i128::from(b)));
            proptest::prop_assert_eq!(Fen(a).times(n), narrow(i128::from(a) * i128::from(n)));
        }
    }
}
