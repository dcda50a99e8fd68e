//! What a buyer has chosen at the settlement, and what is shown where that
//! cannot be had.

use super::super::WebState;
use super::super::input::{id, ids};
use super::super::response::ApiProblem;
use super::flash::tellable;
use crate::domain::id::{AddressId, SkuId};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::status::PayType;
use crate::flow::checkout::{Checkout, CheckoutSelection, CouponChoice, settlement};
use crate::flow::discount::bad_points;

/// What the buyer has chosen so far.
#[derive(Clone)]
pub(super) struct CheckoutChoices {
    /// The cart lines to buy; `None` means those that are selected.
    pub sku_ids: Option<Vec<SkuId>>,
    pub address_id: Option<AddressId>,
    pub coupon: CouponChoice,
    pub points: i64,
    pub pay_type: PayType,
    pub message: String,
    /// The name of this purchase, where it has one already.
    pub token: Option<String>,
}

impl CheckoutChoices {
    /// The page with these choices, but for what is typed into it.
    pub(super) fn here(&self) -> String {
        let skus = self.sku_ids.as_deref().map(|ids| format!("skuIds={}", joined(ids)));
        let address = self.address_id.map(|address| format!("addressId={address}"));
        let coupon = match self.coupon {
            CouponChoice::Best => None,
            CouponChoice::None => Some("couponId=".to_owned()),
            CouponChoice::This(coupon) => Some(format!("couponId={coupon}")),
        };
        let points = (self.points > 0).then(|| format!("points={}", self.points));
        let all: Vec<String> = [skus, address, coupon, points].into_iter().flatten().collect();
        if all.is_empty() { "/order".to_owned() } else { format!("/order?{}", all.join("&")) }
    }

    fn chosen(&self) -> CheckoutSelection {
        CheckoutSelection { sku_ids: self.sku_ids.clone(), coupon: self.coupon, points: self.points }
    }

    /// Gives up what a refusal is about; `None` if nothing can be given up.
    fn give_way(&mut self, refusal: &Refusal) -> Option<()> {
        if let CouponChoice::This(_) = self.coupon
            && COUPON.contains(&refusal.reason)
        {
            self.coupon = CouponChoice::None;
            return Some(());
        }
        let facts = refusal.facts.as_ref().filter(|_| POINTS.contains(&refusal.reason))?;
        let usable = facts["pointsUsable"].as_i64().filter(|usable| *usable < self.points)?;
        self.points = usable;
        Some(())
    }
}

/// Why a coupon cannot be had.
const COUPON: [Reason; 5] = [
    Reason::CouponUsed,
    Reason::CouponNotStarted,
    Reason::CouponExpired,
    Reason::CouponNotMet,
    Reason::NotFound,
];

/// Why so many points cannot be spent.
const POINTS: [Reason; 2] = [Reason::PointsShort, Reason::PointsOverShare];

/// The settlement of what is chosen. Where that cannot be had, the page goes on
/// with less and says why: a coupon that is gone must not cost the buyer the rest.
pub(super) async fn nearest(
    web: &WebState,
    username: &str,
    choices: &mut CheckoutChoices,
) -> Result<(Checkout, Option<Refusal>), ApiProblem> {
    let mut why = None;
    loop {
        match settlement(&web.app, username.to_owned(), choices.chosen()).await {
            Ok(settled) => return Ok((settled, why)),
            Err(error) => {
                let refusal = tellable(error.into())?;
                choices.give_way(&refusal).ok_or_else(|| refusal.clone())?;
                why.get_or_insert(refusal);
            }
        }
    }
}

/// The numbers, separated by commas.
pub(super) fn joined(ids: &[SkuId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// The cart lines a page or a form names.
pub(super) fn sku_ids(text: Option<&str>) -> Result<Option<Vec<SkuId>>, Refusal> {
    text.map(ids).transpose()
}

/// The coupon a page or a form names: nothing said is the one that is
/// suggested, an empty word is none.
pub(super) fn coupon(text: Option<&str>) -> Result<CouponChoice, Refusal> {
    match text.map(str::trim) {
        None => Ok(CouponChoice::Best),
        Some("") => Ok(CouponChoice::None),
        Some(text) => Ok(CouponChoice::This(id(text)?)),
    }
}

/// The points a page or a form names.
pub(super) fn points(text: Option<&str>) -> Result<i64, Refusal> {
    let text = text.unwrap_or_default().trim();
    let points = if text.is_empty() { Some(0) } else { text.parse().ok().filter(|points| *points >= 0) };
    points.ok_or_else(bad_points)
}
