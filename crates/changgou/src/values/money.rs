//! Money is whole fen (1/100 yuan) in an `i64`; every sum is checked.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount in fen. May be negative only as a difference, never as a price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(pub i64);

/// The dearest order the shop takes, in fen: what the seed's `int` columns can hold.
pub const ORDER_TOTAL_MAX: Fen = Fen(i32::MAX as i64);

impl Fen {
    /// Nothing.
    pub const ZERO: Fen = Fen(0);

    /// The sum, or `None` where it does not fit.
    pub fn plus(self, other: Fen) -> Option<Fen> {
        self.0.checked_add(other.0).map(Fen)
    }

    /// The difference, or `None` where it does not fit.
    pub fn minus(self, other: Fen) -> Option<Fen> {
        self.0.checked_sub(other.0).map(Fen)
    }

    /// `num` times this amount, or `None` where it does not fit.
    pub fn times(self, num: i64) -> Option<Fen> {
        self.0.checked_mul(num).map(Fen)
    }

    /// The sum of all, or `None` where it does not fit.
    pub fn sum(amounts: impl IntoIterator<Item = Fen>) -> Option<Fen> {
        amounts.into_iter().try_fold(Fen::ZERO, Fen::plus)
    }
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

    proptest::proptest! {
        #[test]
        fn sums_agree_with_wide_arithmetic(a: i64, b: i64, n: i64) {
            let narrow = |wide: i128| i64::try_from(wide).ok().map(Fen);
            proptest::prop_assert_eq!(Fen(a).plus(Fen(b)), narrow(i128::from(a) + i128::from(b)));
            proptest::prop_assert_eq!(Fen(a).minus(Fen(b)), narrow(i128::from(a) - i128::from(b)));
            proptest::prop_assert_eq!(Fen(a).times(n), narrow(i128::from(a) * i128::from(n)));
        }
    }
}
