//! Coupons and their templates as they leave.

use serde::Serialize;

use super::views::time;
use crate::domain::coupon_rule::{CouponReduction, CouponRule, CouponScope};
use crate::domain::id::Id;
use crate::domain::lang::Lang;
use crate::domain::money::Fen;
use crate::flow::checkout::OfferedCoupon;
use crate::store::coupon::template::CouponTemplate;
use crate::store::coupon::{Coupon, CouponId};

/// What a coupon promises.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfferOut {
    /// `amount` or `percent`
    kind: &'static str,
    amount: Option<Fen>,
    percent: Option<i64>,
    most: Option<Fen>,
    min_money: Fen,
    /// `all`, `sku` or `category`
    scope: &'static str,
    scope_ids: Vec<Id>,
}

fn offer(from: &CouponRule) -> OfferOut {
    let (kind, amount, percent, most) = match from.off {
        CouponReduction::Amount(amount) => ("amount", Some(amount), None, None),
        CouponReduction::Percent { percent, most } => ("percent", None, Some(percent), Some(most)),
    };
    let scope = match from.scope {
        CouponScope::All => "all",
        CouponScope::Skus(_) => "sku",
        CouponScope::Categories(_) => "category",
    };
    let scope_ids = from.scope.numbers().into_iter().map(Id).collect();
    OfferOut { kind, amount, percent, most, min_money: from.min_money, scope, scope_ids }
}

/// A coupon in a buyer's hands.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CouponView {
    id: Id,
    name: String,
    name_en: Option<String>,
    #[serde(flatten)]
    offer: OfferOut,
    valid_from: Option<String>,
    valid_to: Option<String>,
    order_id: Option<String>,
}

/// A coupon as it leaves.
pub(super) fn coupon(from: Coupon) -> CouponView {
    let offer = offer(&from.offer);
    let Coupon { id, name, name_en, order_id, .. } = from;
    let (valid_from, valid_to) = (time(Some(from.from)), time(Some(from.until)));
    CouponView { id, name, name_en, offer, valid_from, valid_to, order_id: order_id.map(|id| id.0) }
}

/// A coupon beside what it does for a settlement.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfferedCouponView {
    #[serde(flatten)]
    coupon: CouponView,
    usable: bool,
    /// Taken off if it is used.
    saves: Fen,
    /// Whether it is the best there is.
    suggested: bool,
    /// Why it takes nothing off: the word, and the caller's language.
    reason: Option<&'static str>,
    message: Option<String>,
}

/// A coupon of a settlement as it leaves; `best` is the one that is suggested.
pub(super) fn offered(from: OfferedCoupon, best: Option<CouponId>, lang: Lang) -> OfferedCouponView {
    let suggested = best == Some(from.coupon.id);
    let refusal = from.saves.as_ref().err();
    OfferedCouponView {
        usable: refusal.is_none(),
        saves: from.saves.as_ref().map_or(Fen::ZERO, |saves| *saves),
        suggested,
        reason: refusal.map(|refusal| refusal.reason.word()),
        message: refusal.map(|refusal| refusal.text(lang).into_owned()),
        coupon: coupon(from.coupon),
    }
}

/// A template.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TemplateView {
    id: Id,
    name: String,
    name_en: Option<String>,
    #[serde(flatten)]
    offer: OfferOut,
    valid_from: Option<String>,
    valid_to: Option<String>,
    valid_days: Option<i64>,
    total_num: Option<i64>,
    buyer_num: Option<i64>,
    granted_num: i64,
    grant_on_paid: bool,
    grant_min_money: Option<Fen>,
    /// 1 granted, 2 no longer granted
    status: &'static str,
    create_time: Option<String>,
}

/// A template as it leaves.
pub(super) fn template(from: CouponTemplate) -> TemplateView {
    TemplateView {
        id: from.id,
        offer: offer(&from.offer),
        valid_from: time(from.validity.from),
        valid_to: time(from.validity.until),
        valid_days: from.validity.days,
        total_num: from.total_num,
        buyer_num: from.buyer_num,
        granted_num: from.granted_num,
        grant_on_paid: from.grant_from.is_some(),
        grant_min_money: from.grant_from,
        status: from.status.word(),
        create_time: time(Some(from.created)),
        name: from.name,
        name_en: from.name_en,
    }
}
