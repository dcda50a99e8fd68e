//! What a buyer has chosen at checkout, and what is shown if the shop refuses it.

use super::super::WebState;
use super::super::input::{id, ids};
use super::super::response::ApiProblem;
use super::flash::into_refusal;
use crate::domain::id::{AddressId, SkuId};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::status::PayType;
use crate::flow::checkout::{Checkout, CheckoutSelection, CouponChoice, build_checkout};
use crate::flow::discount::points_invalid;

#[derive(Clone)]
pub(super) struct CheckoutChoices {
    /// The cart lines to buy; `None` means those that are selected.
    pub sku_ids: Option<Vec<SkuId>>,
    pub address_id: Option<AddressId>,
    pub coupon: CouponChoice,
    pub points: i64,
    pub pay_type: PayType,
    pub message: String,
    /// The one-time token of this purchase, if it has one already.
    pub token: Option<String>,
}

impl CheckoutChoices {
    /// The page with these choices, without the message and the payment method.
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

    /// Drops the choice that was refused; `None` if the refusal is about something else.
    fn drop_refused_choice(&mut self, refusal: &Refusal) -> Option<()> {
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

/// Refusals of a coupon.
const COUPON: [Reason; 5] = [
    Reason::CouponUsed,
    Reason::CouponNotStarted,
    Reason::CouponExpired,
    Reason::CouponNotMet,
    Reason::NotFound,
];

/// Refusals of points.
const POINTS: [Reason; 2] = [Reason::PointsShort, Reason::PointsOverShare];

/// The checkout with these choices. If the coupon or the points are refused, they
/// are dropped and the refusal is returned too: the other choices stay.
pub(super) async fn load_checkout(
    web: &WebState,
    username: &str,
    choices: &mut CheckoutChoices,
) -> Result<(Checkout, Option<Refusal>), ApiProblem> {
    let mut why = None;
    loop {
        match build_checkout(&web.app, username.to_owned(), choices.chosen()).await {
            Ok(settled) => return Ok((settled, why)),
            Err(error) => {
                let refusal = into_refusal(error.into())?;
                choices.drop_refused_choice(&refusal).ok_or_else(|| refusal.clone())?;
                why.get_or_insert(refusal);
            }
        }
    }
}

pub(super) fn joined(ids: &[SkuId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// The cart lines named by a page or a form.
pub(super) fn sku_ids(text: Option<&str>) -> Result<Option<Vec<SkuId>>, Refusal> {
    text.map(ids).transpose()
}

/// The coupon named by a page or a form: an absent field means the suggested
/// coupon, an empty one means none.
pub(super) fn coupon(text: Option<&str>) -> Result<CouponChoice, Refusal> {
    match text.map(str::trim) {
        None => Ok(CouponChoice::Best),
        Some("") => Ok(CouponChoice::None),
        Some(text) => Ok(CouponChoice::This(id(text)?)),
    }
}

/// The points named by a page or a form.
pub(super) fn points(text: Option<&str>) -> Result<i64, Refusal> {
    let text = text.unwrap_or_default().trim();
    let points = if text.is_empty() { Some(0) } else { text.parse().ok().filter(|points| *points >= 0) };
    points.ok_or_else(points_invalid)
}
