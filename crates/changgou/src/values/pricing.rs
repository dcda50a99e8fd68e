//! What a purchase costs. Everything is summed from the lines, in fen.

use crate::values::id::SkuId;
use crate::values::money::{Fen, ORDER_TOTAL_MAX};

/// One SKU and how many of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The SKU.
    pub sku_id: SkuId,
    /// The present price of one, in fen.
    pub price: Fen,
    /// How many; at least one.
    pub num: i64,
}

/// When postage is due: nothing from `free_from` on, else `fee`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Postage {
    /// What sending a parcel costs the buyer, in fen.
    pub fee: Fen,
    /// The sum of goods from which the shop pays it, in fen.
    pub free_from: Fen,
}

/// The sums of an order, in fen; the seed's columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// `total_num`: pieces.
    pub total_num: i64,
    /// `total_money`: the goods at their prices.
    pub total_money: Fen,
    /// `pre_money`: taken off.
    pub pre_money: Fen,
    /// `post_fee`: postage.
    pub post_fee: Fen,
    /// `pay_money`: what is to be paid: goods − taken off + postage.
    pub pay_money: Fen,
}

/// The sums do not fit what an order may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the order is worth more than an order may be")]
pub struct TooDear;

/// The sums of `lines`. An empty list costs nothing, postage included.
pub fn quote(lines: &[Line], postage: Postage) -> Result<Quote, TooDear> {
    let total_money = total(lines).ok_or(TooDear)?;
    let total_num = lines.iter().try_fold(0i64, |sum, line| sum.checked_add(line.num)).ok_or(TooDear)?;
    let post_fee = if lines.is_empty() { Fen::ZERO } else { postage_of(total_money, postage) };
    let pre_money = Fen::ZERO;
    let pay_money = total_money.minus(pre_money).and_then(|rest| rest.plus(post_fee)).ok_or(TooDear)?;
    if pay_money > ORDER_TOTAL_MAX || total_money > ORDER_TOTAL_MAX || total_num > ORDER_TOTAL_MAX.0 {
        return Err(TooDear);
    }
    Ok(Quote { total_num, total_money, pre_money, post_fee, pay_money })
}

fn total(lines: &[Line]) -> Option<Fen> {
    lines.iter().try_fold(Fen::ZERO, |sum, line| sum.plus(line.price.times(line.num)?))
}

fn postage_of(goods: Fen, postage: Postage) -> Fen {
    if goods >= postage.free_from { Fen::ZERO } else { postage.fee }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::values::id::Id;

    const POSTAGE: Postage = Postage { fee: Fen(1000), free_from: Fen(9900) };

    fn line(price: i64, num: i64) -> Line {
        Line { sku_id: Id(1), price: Fen(price), num }
    }

    #[test]
    fn postage_is_free_from_its_threshold_on() {
        assert_eq!(quote(&[line(9899, 1)], POSTAGE).unwrap().pay_money, Fen(10_899));
        assert_eq!(quote(&[line(9900, 1)], POSTAGE).unwrap().pay_money, Fen(9900));
        assert_eq!(quote(&[], POSTAGE).unwrap(), Quote::default());
    }

    #[test]
    fn the_order_that_overflowed_the_original_is_refused() {
        assert_eq!(quote(&[line(95_900, 22_393)], POSTAGE), Err(TooDear));
        assert_eq!(quote(&[line(i64::MAX, 2)], POSTAGE), Err(TooDear));
        assert_eq!(quote(&[line(1, i64::MAX), line(1, i64::MAX)], POSTAGE), Err(TooDear));
    }

    proptest! {
        #[test]
        fn totals_are_the_sum_of_the_lines(lines in prop::collection::vec((0i64..100_000, 1i64..200), 0..20)) {
            let lines: Vec<Line> = lines.into_iter().map(|(price, num)| line(price, num)).collect();
            if let Ok(quote) = quote(&lines, POSTAGE) {
                let goods: i64 = lines.iter().map(|line| line.price.0 * line.num).sum();
                prop_assert_eq!(quote.total_money, Fen(goods));
                prop_assert_eq!(quote.pay_money.0, goods - quote.pre_money.0 + quote.post_fee.0);
                prop_assert!(quote.pay_money.0 >= 0);
            }
        }

        #[test]
        fn a_line_more_never_makes_the_goods_cheaper(price in 0i64..100_000, num in 1i64..100) {
            let one = quote(&[line(500, 1)], POSTAGE).unwrap();
            let two = quote(&[line(500, 1), line(price, num)], POSTAGE).unwrap();
            prop_assert!(two.total_money >= one.total_money && two.total_num > one.total_num);
        }
    }
}
