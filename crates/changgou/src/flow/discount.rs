//! What a coupon and points take off a purchase. Pure: the settlement page
//! shows by it what placing decides by it.

use serde_json::json;

use crate::domain::clock::UtcMs;
use crate::domain::coupon_rule::RuleNotMet;
use crate::domain::message::{CouponMessage, NotFound, OrderMessage};
use crate::domain::money::Fen;
use crate::domain::pricing::{self, PointsWorth, Priced, PricingLine, Quote, Reduction};
use crate::domain::refusal::Refusal;
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
pub fn total_too_large() -> Refusal {
    Refusal::new(OrderMessage::TotalTooLarge)
}

/// Points to pay with that no purchase could take.
pub fn points_invalid() -> Refusal {
    Refusal::new(CouponMessage::PointsInvalid)
}

/// A coupon that is this buyer's own; another's is none.
pub fn check_owner<'c>(coupon: Option<&'c Coupon>, username: &str) -> Result<&'c Coupon, Refusal> {
    let own = coupon.filter(|coupon| coupon.username == username);
    own.ok_or_else(|| Refusal::new(NotFound::Coupon))
}

/// Takes off what is wished for, or says why it cannot be.
pub fn apply_discount(
    quote: Quote,
    lines: &[PricingLine],
    wish: DiscountRequest<'_>,
    worth: PointsWorth,
    now: UtcMs,
) -> Result<DiscountedQuote, Refusal> {
    let coupon = wish.coupon.map_or(Ok(Fen::ZERO), |coupon| coupon_discount(coupon, lines, now))?;
    let goods = Fen(quote.total_money.0 - coupon.0);
    let points = points_discount(wish, goods, worth)?;
    let offer = wish.coupon.map(|coupon| &coupon.offer);
    let priced = pricing::apply_reductions(quote, lines, offer, Reduction { coupon, points });
    let discount = OrderDiscount {
        coupon_id: wish.coupon.map(|coupon| coupon.id),
        coupon_money: coupon,
        points_used: worth.points_for(points),
        points_money: points,
    };
    Ok(DiscountedQuote { priced, discount })
}

/// What a coupon takes off these lines now, in fen, or why it takes off nothing.
pub fn coupon_discount(coupon: &Coupon, lines: &[PricingLine], now: UtcMs) -> Result<Fen, Refusal> {
    if coupon.order_id.is_some() {
        return Err(Refusal::new(CouponMessage::UsedElsewhere));
    }
    if now < coupon.from {
        return Err(Refusal::new(CouponMessage::NotStarted { from: coupon.from }));
    }
    if now >= coupon.until {
        return Err(Refusal::new(CouponMessage::Expired { until: coupon.until }));
    }
    coupon.offer.discount(lines).map_err(rule_not_met)
}

fn rule_not_met(why: RuleNotMet) -> Refusal {
    match why {
        RuleNotMet::NoSuchLine => Refusal::new(CouponMessage::NoMatchingItem),
        RuleNotMet::Nothing => Refusal::new(CouponMessage::SavesNothing),
        RuleNotMet::TooLittle { lacks } => {
            Refusal::new(CouponMessage::SpendMore { lacks }).with(json!({ "lacks": lacks }))
        }
    }
}

/// What the points pay, in fen.
fn points_discount(wish: DiscountRequest<'_>, goods: Fen, worth: PointsWorth) -> Result<Fen, Refusal> {
    let most = worth.max_points(goods, wish.balance);
    if wish.points > wish.balance {
        let facts = json!({ "points": wish.balance, "pointsUsable": most });
        return Err(Refusal::new(CouponMessage::PointsShort { balance: wish.balance }).with(facts));
    }
    if worth.points_for(worth.money(wish.points)) > most {
        let facts = json!({ "points": wish.balance, "pointsUsable": most });
        return Err(Refusal::new(CouponMessage::PointsOverShare { most }).with(facts));
    }
    Ok(worth.money(wish.points))
}
