//! The price of an order, in fen. All sums come from the lines, and reductions are distributed over the
//! lines, so that the lines add up to the total.

use crate::domain::coupon_rule::CouponRule;
use crate::domain::money::{Fen, ORDER_TOTAL_MAX, distribute};

pub use crate::domain::pricing_line::PricingLine;

/// `fee` for goods below `free_from`, else nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Postage {
    /// In fen.
    pub fee: Fen,
    /// The value of the goods before reductions from which postage is free, in fen.
    pub free_from: Fen,
}

impl Postage {
    /// For goods that are not shipped.
    pub const NONE: Postage = Postage { fee: Fen::ZERO, free_from: Fen::ZERO };
}

/// The sums of an order, named as the columns of `tb_order`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// Pieces.
    pub total_num: i64,
    /// The price of the goods, in fen.
    pub total_money: Fen,
    /// The reduction by coupon and points, in fen.
    pub pre_money: Fen,
    /// Postage, in fen.
    pub post_fee: Fen,
    /// Goods − reduction + postage, in fen.
    pub pay_money: Fen,
}

/// The reductions of an order, in fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reduction {
    pub coupon: Fen,
    pub points: Fen,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Priced {
    pub quote: Quote,
    /// What is paid for each line, in fen and in the order of the lines. Their sum is goods −
    /// reduction.
    pub line_money: Vec<Fen>,
}

/// A sum exceeds [`ORDER_TOTAL_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the total of the order is too high")]
pub struct SumTooLarge;

/// The sums of `lines` without reductions. An empty list costs nothing, not even postage.
pub fn quote(lines: &[PricingLine], postage: Postage) -> Result<Quote, SumTooLarge> {
    let total_money = total_money(lines).ok_or(SumTooLarge)?;
    let total_num = lines.iter().try_fold(0i64, |sum, line| sum.checked_add(line.num)).ok_or(SumTooLarge)?;
    let post_fee = if lines.is_empty() { Fen::ZERO } else { postage_fee(total_money, postage) };
    let pay_money = total_money.plus(post_fee).ok_or(SumTooLarge)?;
    if pay_money > ORDER_TOTAL_MAX || total_money > ORDER_TOTAL_MAX || total_num > ORDER_TOTAL_MAX.0 {
        return Err(SumTooLarge);
    }
    Ok(Quote { total_num, total_money, pre_money: Fen::ZERO, post_fee, pay_money })
}

/// Subtracts the reductions `off`: the coupon from the lines that `offer` applies to, the points from
/// all lines. Neither exceeds the price of its lines.
pub fn apply_reductions(
    quote: Quote,
    lines: &[PricingLine],
    offer: Option<&CouponRule>,
    off: Reduction,
) -> Priced {
    let full: Vec<Fen> = lines.iter().map(PricingLine::money).collect();
    let meant = |line: &PricingLine| offer.is_some_and(|offer| offer.scope.covers(line));
    let meant: Vec<Fen> =
        lines.iter().map(|line| if meant(line) { line.money() } else { Fen::ZERO }).collect();
    let after_coupon = subtract_each(&full, &distribute(off.coupon, &meant));
    let line_money = subtract_each(&after_coupon, &distribute(off.points, &after_coupon));
    let left = Fen(line_money.iter().map(|money| money.0).sum());
    let pre_money = Fen(quote.total_money.0 - left.0);
    let pay_money = Fen(left.0 + quote.post_fee.0);
    Priced { quote: Quote { pre_money, pay_money, ..quote }, line_money }
}

fn subtract_each(amounts: &[Fen], shares: &[Fen]) -> Vec<Fen> {
    amounts.iter().zip(shares).map(|(amount, share)| Fen(amount.0 - share.0)).collect()
}

fn total_money(lines: &[PricingLine]) -> Option<Fen> {
    lines.iter().try_fold(Fen::ZERO, |sum, line| sum.plus(line.price.times(line.num)?))
}

fn postage_fee(goods: Fen, postage: Postage) -> Fen {
    if goods >= postage.free_from { Fen::ZERO } else { postage.fee }
}

/// The value of points at checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointsWorth {
    /// Points per yuan; at least one.
    pub per_yuan: i64,
    /// The part of the goods after the coupon that points may pay, in percent.
    pub share_max: i64,
}

impl PointsWorth {
    /// The value in fen, rounded down.
    pub fn money(self, points: i64) -> Fen {
        let fen = i128::from(points) * 100 / i128::from(self.per_yuan.max(1));
        Fen(i64::try_from(fen).unwrap_or(i64::MAX))
    }

    /// The most points that a buyer with this balance may spend on goods of this price. No point is
    /// spent in vain.
    pub fn max_points(self, goods: Fen, balance: i64) -> i64 {
        // One point may be worth many fen: the last one must not exceed the price.
        let beyond = i128::from(goods.percent(self.share_max).0) + 1;
        let most = (beyond * i128::from(self.per_yuan.max(1)) - 1) / 100;
        let most = i64::try_from(most).unwrap_or(i64::MAX).min(balance).max(0);
        self.points_for(self.money(most))
    }

    /// The fewest points that pay this amount.
    pub fn points_for(self, money: Fen) -> i64 {
        let hundredths = i128::from(money.0) * i128::from(self.per_yuan.max(1));
        i64::try_from((hundredths + 99) / 100).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::coupon_rule::{CouponReduction, CouponScope};
    use crate::domain::id::Id;

    const POSTAGE: Postage = Postage { fee: Fen(1000), free_from: Fen(9900) };

    fn line(price: i64, num: i64) -> PricingLine {
        PricingLine { sku_id: Id(1), category_id: None, price: Fen(price), num }
    }

    #[test]
    fn postage_is_free_from_its_threshold_on() {
        assert_eq!(quote(&[line(9899, 1)], POSTAGE).unwrap().pay_money, Fen(10_899));
        assert_eq!(quote(&[line(9900, 1)], POSTAGE).unwrap().pay_money, Fen(9900));
        assert_eq!(quote(&[], POSTAGE).unwrap(), Quote::default());
    }

    #[test]
    fn the_order_that_overflowed_the_original_is_refused() {
        assert_eq!(quote(&[line(95_900, 22_393)], POSTAGE), Err(SumTooLarge));
        assert_eq!(quote(&[line(i64::MAX, 2)], POSTAGE), Err(SumTooLarge));
        assert_eq!(quote(&[line(1, i64::MAX), line(1, i64::MAX)], POSTAGE), Err(SumTooLarge));
    }

    #[test]
    fn a_coupon_comes_off_its_own_lines_and_points_off_all() {
        let lines = [
            PricingLine { sku_id: Id(1), ..line(1000, 1) },
            PricingLine { sku_id: Id(2), ..line(1000, 2) },
            PricingLine { sku_id: Id(3), ..line(1000, 1) },
        ];
        let offer = CouponRule {
            off: CouponReduction::Amount(Fen(100)),
            min_money: Fen::ZERO,
            scope: CouponScope::Skus(vec![Id(1), Id(2)]),
        };
        let off = Reduction { coupon: Fen(100), points: Fen(390) };
        let priced = apply_reductions(quote(&lines, POSTAGE).unwrap(), &lines, Some(&offer), off);
        assert_eq!(priced.line_money, [Fen(870), Fen(1740), Fen(900)]);
        assert_eq!((priced.quote.pre_money, priced.quote.pay_money), (Fen(490), Fen(4510)));
    }

    #[test]
    fn points_pay_a_capped_share_and_none_is_wasted() {
        let usual = PointsWorth { per_yuan: 100, share_max: 50 };
        assert_eq!((usual.money(250), usual.max_points(Fen(1000), 10_000)), (Fen(250), 500));
        assert_eq!((usual.max_points(Fen(1000), 30), usual.max_points(Fen(1000), -5)), (30, 0));
        let coarse = PointsWorth { per_yuan: 30, share_max: 100 };
        assert_eq!((coarse.money(1), coarse.money(3), coarse.max_points(Fen(10), 500)), (Fen(3), Fen(10), 3));
        assert_eq!(coarse.max_points(Fen(11), 500), 3, "four points would pay thirteen fen");
        let fine = PointsWorth { per_yuan: 1000, share_max: 100 };
        assert_eq!((fine.max_points(Fen(50), 19), fine.money(9)), (10, Fen(0)), "nine points pay no fen");
        assert_eq!(PointsWorth { per_yuan: 100, share_max: 0 }.max_points(Fen(1000), 500), 0);
    }

    fn lines() -> impl Strategy<Value = Vec<PricingLine>> {
        let one = (0i64..5, 0i64..100_000, 1i64..200);
        let one = one.prop_map(|(sku, price, num)| PricingLine { sku_id: Id(sku), ..line(price, num) });
        prop::collection::vec(one, 0..20)
    }

    proptest! {
        #[test]
        fn totals_are_the_sum_of_the_lines(
            lines in lines(), coupon in 0i64..50_000_000, points in 0i64..50_000_000,
        ) {
            let Ok(full) = quote(&lines, POSTAGE) else { return Ok(()) };
            let goods: i64 = lines.iter().map(|line| line.price.0 * line.num).sum();
            prop_assert_eq!(full.total_money, Fen(goods));
            let offer = CouponRule {
                off: CouponReduction::Amount(Fen(coupon)), min_money: Fen::ZERO, scope: CouponScope::Skus(vec![Id(1), Id(3)]),
            };
            let off = Reduction { coupon: Fen(coupon), points: Fen(points) };
            let priced = apply_reductions(full, &lines, Some(&offer), off);
            let paid: i64 = priced.line_money.iter().map(|money| money.0).sum();
            let mut each = priced.line_money.iter().zip(&lines);
            let whole = each.all(|(paid, line)| (Fen::ZERO..=line.money()).contains(paid));
            prop_assert!(whole);
            prop_assert_eq!(paid, goods - priced.quote.pre_money.0);
            prop_assert_eq!(priced.quote.pay_money.0, paid + priced.quote.post_fee.0);
            prop_assert!(priced.quote.pre_money.0 <= coupon + points && priced.quote.pay_money.0 >= 0);
        }

        #[test]
        fn a_line_more_never_makes_the_goods_cheaper(price in 0i64..100_000, num in 1i64..100) {
            let one = quote(&[line(500, 1)], POSTAGE).unwrap();
            let two = quote(&[line(500, 1), line(price, num)], POSTAGE).unwrap();
            prop_assert!(two.total_money >= one.total_money && two.total_num > one.total_num);
        }

        #[test]
        fn points_never_pay_more_than_they_may(
            per_yuan in prop_oneof![1i64..100, 1i64..100_000], share_max in 0i64..=100, goods in 0i64..10_000_000, balance in 0i64..10_000_000,
        ) {
            let worth = PointsWorth { per_yuan, share_max };
            let most = worth.max_points(Fen(goods), balance);
            prop_assert!(0 <= most && most <= balance);
            prop_assert!(worth.money(most) <= Fen(goods).percent(share_max));
            prop_assert!(most == 0 || worth.money(most) > worth.money(most - 1), "no point is wasted");
        }
    }
}
