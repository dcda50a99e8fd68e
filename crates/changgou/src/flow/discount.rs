//! What a coupon and points take off a purchase. Pure: the settlement page
//! shows by it what placing decides by it.

use serde_json::json;

use crate::domain::clock::UtcMs;
use crate::domain::coupon_rule::RuleNotMet;
use crate::domain::money::Fen;
use crate::domain::pricing::{self, PointsWorth, Priced, PricingLine, Quote, Reduction};
use crate::domain::refusal::{Reason, Refusal};
use crate::store::coupon::Coupon;
use crate::store::order::OrderDiscount;

/// What a buyer wants to be taken off.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiscountRequest<'a> {
    /// By this coupon, which is the buyer's own.
    pub coupon: Option<&'a Coupon>,
    /// By so many points.
    pub points: i64,
    /// The points the buyer may spend.
    pub balance: i64,
}

/// A purchase from which something was taken off.
#[derive(Clone, Debug)]
pub struct DiscountedQuote {
    /// Its price.
    pub priced: Priced,
    /// By what it became cheaper.
    pub discount: OrderDiscount,
}

/// The order is worth more than an order may be.
pub fn too_dear() -> Refusal {
    Refusal::bad_request("订单金额过大，请分开下单", "The order is worth too much; please split it.")
}

/// Points to pay with that no purchase could take.
pub fn bad_points() -> Refusal {
    Refusal::bad_request("积分须为非负整数（points）", "Points are a whole number, not negative (points).")
}

/// A coupon that is this buyer's own; another's is none.
pub fn own<'c>(coupon: Option<&'c Coupon>, username: &str) -> Result<&'c Coupon, Refusal> {
    let own = coupon.filter(|coupon| coupon.username == username);
    own.ok_or_else(|| Refusal::not_found("优惠券", "coupon"))
}

/// Takes off what is wished for, or says why it cannot be.
pub fn discounted(
    quote: Quote,
    lines: &[PricingLine],
    wish: DiscountRequest<'_>,
    worth: PointsWorth,
    now: UtcMs,
) -> Result<DiscountedQuote, Refusal> {
    let coupon = wish.coupon.map_or(Ok(Fen::ZERO), |coupon| saved(coupon, lines, now))?;
    let goods = Fen(quote.total_money.0 - coupon.0);
    let points = points_pay(wish, goods, worth)?;
    let offer = wish.coupon.map(|coupon| &coupon.offer);
    let priced = pricing::take_off(quote, lines, offer, Reduction { coupon, points });
    let discount = OrderDiscount {
        coupon_id: wish.coupon.map(|coupon| coupon.id),
        coupon_money: coupon,
        points_used: worth.needed(points),
        points_money: points,
    };
    Ok(DiscountedQuote { priced, discount })
}

/// What a coupon takes off these lines now, in fen, or why it takes off nothing.
pub fn saved(coupon: &Coupon, lines: &[PricingLine], now: UtcMs) -> Result<Fen, Refusal> {
    if coupon.order_id.is_some() {
        let en = "This coupon is used by another order.";
        return Err(Refusal::new(Reason::CouponUsed, "优惠券已被其他订单使用", en));
    }
    if now < coupon.from {
        let zh = format!("优惠券 {} 起可用", coupon.from.beijing());
        let en = format!("This coupon can be used from {} Beijing time on.", coupon.from.beijing());
        return Err(Refusal::new(Reason::CouponNotStarted, zh, en));
    }
    if now >= coupon.until {
        let zh = format!("优惠券已于 {} 过期", coupon.until.beijing());
        let en = format!("This coupon ended at {} Beijing time.", coupon.until.beijing());
        return Err(Refusal::new(Reason::CouponExpired, zh, en));
    }
    coupon.offer.saves(lines).map_err(not_met)
}

fn not_met(why: RuleNotMet) -> Refusal {
    match why {
        RuleNotMet::NoSuchLine => Refusal::new(
            Reason::CouponNotMet,
            "优惠券不适用于这些商品",
            "This coupon is not for any of these items.",
        ),
        RuleNotMet::Nothing => Refusal::new(
            Reason::CouponNotMet,
            "优惠券对这些商品不足一分钱，不必使用",
            "This coupon takes less than a fen off these items.",
        ),
        RuleNotMet::TooLittle { lacks } => {
            let zh = format!("还差 ¥{lacks} 可用此优惠券");
            let en = format!("Another ¥{lacks} of its items is needed for this coupon.");
            Refusal::new(Reason::CouponNotMet, zh, en).with(json!({ "lacks": lacks }))
        }
    }
}

/// What the points pay, in fen.
fn points_pay(wish: DiscountRequest<'_>, goods: Fen, worth: PointsWorth) -> Result<Fen, Refusal> {
    let most = worth.most(goods, wish.balance);
    if wish.points > wish.balance {
        let zh = format!("积分不足，现在可用 {} 积分", wish.balance);
        let en = format!("You can spend {} points now, fewer than that.", wish.balance);
        let facts = json!({ "points": wish.balance, "pointsUsable": most });
        return Err(Refusal::new(Reason::PointsShort, zh, en).with(facts));
    }
    if worth.needed(worth.money(wish.points)) > most {
        let zh = format!("本单最多可用 {most} 积分");
        let en = format!("At most {most} points can be used for this order.");
        let facts = json!({ "points": wish.balance, "pointsUsable": most });
        return Err(Refusal::new(Reason::PointsOverShare, zh, en).with(facts));
    }
    Ok(worth.money(wish.points))
}
