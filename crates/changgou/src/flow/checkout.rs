//! The settlement page (结算页): everything a buyer checks before ordering.
//! Nothing of it is trusted when the order is placed.

use crate::domain::clock::UtcMs;
use crate::domain::id::SkuId;
use crate::domain::money::Fen;
use crate::domain::pricing::{self, PricingLine, Quote};
use crate::domain::refusal::Refusal;
use crate::flow::cart::{self, CartSnapshot, PricedCartLine};
use crate::flow::discount::{
    DiscountRequest, DiscountedQuote, apply_discount, check_owner, coupon_discount, points_invalid,
    total_too_large,
};
use crate::flow::{App, Outcome};
use crate::infra::db::Tx;
use crate::infra::secret::random_hex;
use crate::store::address::{self, Address};
use crate::store::catalog::ShelfStatus;
use crate::store::coupon::{self, Coupon, CouponId};
use crate::store::order::OrderDiscount;
use crate::store::points;

/// What a buyer has chosen so far.
#[derive(Clone, Debug, Default)]
pub struct CheckoutSelection {
    /// The cart lines to buy; `None` means those that are selected.
    pub sku_ids: Option<Vec<SkuId>>,
    /// The coupon to use.
    pub coupon: CouponChoice,
    /// Points to pay with; not negative.
    pub points: i64,
}

/// The coupon a buyer chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CouponChoice {
    /// None.
    #[default]
    None,
    /// This one.
    This(CouponId),
    /// The one that saves most, if any does.
    Best,
}

/// What the settlement page shows.
#[derive(Clone, Debug)]
pub struct Checkout {
    /// Names this purchase: two orders with it are one.
    pub token: String,
    /// The buyer's addresses, the default first.
    pub addresses: Vec<Address>,
    /// What would be bought.
    pub items: Vec<PricedCartLine>,
    /// The buyer's coupons, the best first.
    pub coupons: Vec<OfferedCoupon>,
    /// The buyer's points.
    pub points: i64,
    /// The most of them that may be used here.
    pub points_usable: i64,
    /// What it would cost now.
    pub quote: Quote,
    /// By what it would become cheaper.
    pub discount: OrderDiscount,
}

/// A coupon the buyer could choose.
#[derive(Clone, Debug)]
pub struct OfferedCoupon {
    /// The coupon.
    pub coupon: Coupon,
    /// What it takes off, in fen, or why it takes off nothing.
    pub saves: Result<Fen, Refusal>,
}

/// The settlement of what is chosen.
pub async fn build_checkout(app: &App, username: String, chosen: CheckoutSelection) -> Outcome<Checkout> {
    if chosen.points < 0 {
        return Err(points_invalid().into());
    }
    let (rules, now) = (app.settings.rules, app.now());
    let held = cart::take_snapshot(app, &username, chosen.sku_ids.clone()).await?;
    app.db
        .read(async move |tx| {
            let items = list_items(tx, &username, &held, chosen.sku_ids.as_deref()).await?;
            let lines = pricing_lines(&items);
            let quote = pricing::quote(&lines, rules.postage).map_err(|_| total_too_large())?;
            let balance = points::balance(tx, &username).await?;
            let coupons = list_offers(tx, &username, &lines, now).await?;
            let coupon = find_chosen_coupon(tx, &username, &coupons, chosen.coupon).await?;
            let wish = DiscountRequest {
                coupon: coupon.as_ref(),
                points: chosen.points,
                balance: balance.spendable,
            };
            let DiscountedQuote { priced, discount } =
                apply_discount(quote, &lines, wish, rules.points, now)?;
            let goods = Fen(quote.total_money.0 - discount.coupon_money.0);
            Ok(Checkout {
                token: random_hex(16),
                addresses: address::list_for_user(tx, &username).await?,
                items,
                coupons,
                points: balance.points,
                points_usable: rules.points.max_points(goods, balance.spendable),
                quote: priced.quote,
                discount,
            })
        })
        .await
}

async fn list_items(
    tx: &mut Tx<'_>,
    username: &str,
    held: &CartSnapshot,
    sku_ids: Option<&[SkuId]>,
) -> Outcome<Vec<PricedCartLine>> {
    let found = cart::load_priced_lines(tx, username, held).await?;
    let is_chosen = |seen: &PricedCartLine| sku_ids.is_some() || seen.line.selected;
    Ok(found.into_iter().filter(is_chosen).collect())
}

/// The lines that would be sold, at present prices.
fn pricing_lines(items: &[PricedCartLine]) -> Vec<PricingLine> {
    let sold = items.iter().filter_map(|seen| Some((seen.line.num, seen.sku.as_ref()?)));
    let sold = sold.filter(|(_, sku)| sku.shelf == ShelfStatus::OnSale);
    let line = |(num, sku): (i64, &crate::store::catalog::Sku)| PricingLine {
        sku_id: sku.id,
        category_id: sku.facts.category_id,
        price: sku.price,
        num,
    };
    sold.map(line).collect()
}

/// The buyer's coupons: first what saves most, of equal ones what ends first,
/// then those that save nothing here.
async fn list_offers(
    tx: &mut Tx<'_>,
    username: &str,
    lines: &[PricingLine],
    now: UtcMs,
) -> Outcome<Vec<OfferedCoupon>> {
    let coupons = coupon::list_usable(tx, username, now).await?;
    let mut offered: Vec<OfferedCoupon> = coupons
        .into_iter()
        .map(|coupon| OfferedCoupon { saves: coupon_discount(&coupon, lines, now), coupon })
        .collect();
    offered.sort_by_key(|offered| {
        let saves = offered.saves.as_ref().map_or(Fen(-1), |saves| *saves);
        (std::cmp::Reverse(saves), offered.coupon.until, offered.coupon.id)
    });
    Ok(offered)
}

async fn find_chosen_coupon(
    tx: &mut Tx<'_>,
    username: &str,
    offered: &[OfferedCoupon],
    choice: CouponChoice,
) -> Outcome<Option<Coupon>> {
    match choice {
        CouponChoice::None => Ok(None),
        CouponChoice::Best => Ok(best_offer(offered).map(|best| best.coupon.clone())),
        CouponChoice::This(id) => {
            let found = coupon::find_by_ids(tx, [id]).await?.pop();
            Ok(Some(check_owner(found.as_ref(), username)?.clone()))
        }
    }
}

/// The coupon that saves most, if any saves something.
pub fn best_offer(offered: &[OfferedCoupon]) -> Option<&OfferedCoupon> {
    offered.first().filter(|first| first.saves.as_ref().is_ok_and(|saves| *saves > Fen::ZERO))
}
