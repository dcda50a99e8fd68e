//! Coupons and their templates in JSON.

use serde::Serialize;
use utoipa::ToSchema;

use super::super::openapi::schemas::{CouponKind, CouponScopeKind, Reason, Time};
use super::views::time;
use crate::domain::coupon_rule::{CouponReduction, CouponRule, CouponScope};
use crate::domain::id::Id;
use crate::domain::id::OrderId;
use crate::domain::lang::Lang;
use crate::domain::money::Fen;
use crate::flow::checkout::OfferedCoupon;
use crate::store::coupon::template::CouponTemplate;
use crate::store::coupon::template::TemplateStatus;
use crate::store::coupon::{Coupon, CouponId};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OfferOut {
    /// amount 减固定金额，percent 按比例减 / A fixed amount off, or a share
    #[schema(value_type = CouponKind)]
    kind: &'static str,
    /// 减多少，分 / What is taken off, in fen
    #[schema(value_type = Option<i64>, minimum = 1)]
    amount: Option<Fen>,
    /// 减百分之几：10 即九折 / Hundredths taken off
    #[schema(minimum = 1, maximum = 100)]
    percent: Option<i64>,
    /// 最多减多少，分 / The most that is taken off, in fen
    #[schema(value_type = Option<i64>, minimum = 1)]
    most: Option<Fen>,
    /// 适用商品须满多少，分 / What the items it is about must cost at least, in fen
    min_money: Fen,
    /// 适用于全部、某些商品或某些分类 / About all items, some SKUs or some categories
    #[schema(value_type = CouponScopeKind)]
    scope: &'static str,
    /// 商品或分类编号 / SKUs or categories
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
    let scope_ids = from.scope.ids().into_iter().map(Id).collect();
    OfferOut { kind, amount, percent, most, min_money: from.min_money, scope, scope_ids }
}

/// 买家手里的优惠券 / A coupon in a buyer's hands
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Coupon)]
pub(super) struct CouponView {
    id: Id,
    name: String,
    name_en: Option<String>,
    #[serde(flatten)]
    #[schema(inline)]
    offer: OfferOut,
    #[schema(value_type = Time)]
    valid_from: Option<String>,
    #[schema(value_type = Time)]
    valid_to: Option<String>,
    /// 用于哪个订单 / The order it is used by
    #[schema(value_type = Option<OrderId>)]
    order_id: Option<String>,
}

pub(super) fn coupon(from: Coupon) -> CouponView {
    let offer = offer(&from.offer);
    let Coupon { id, name, name_en, order_id, .. } = from;
    let (valid_from, valid_to) = (time(Some(from.from)), time(Some(from.until)));
    CouponView { id, name, name_en, offer, valid_from, valid_to, order_id: order_id.map(|id| id.0) }
}

/// 结算页上的优惠券 / A coupon of a settlement
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OfferedCoupon)]
pub(super) struct OfferedCouponView {
    #[serde(flatten)]
    coupon: CouponView,
    usable: bool,
    /// 用它可减多少，分 / What it takes off, in fen
    saves: Fen,
    /// 是否最划算 / Whether it is the best there is
    suggested: bool,
    /// 为什么不能用 / Why it takes nothing off
    #[schema(value_type = Option<Reason>)]
    reason: Option<&'static str>,
    /// 同上，给人看 / The same, for people
    message: Option<String>,
}

/// A coupon offered at checkout; `best` is the id of the suggested one.
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

/// 优惠券模板 / What coupons of a kind promise
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CouponTemplate)]
pub(super) struct TemplateView {
    id: Id,
    name: String,
    name_en: Option<String>,
    #[serde(flatten)]
    #[schema(inline)]
    offer: OfferOut,
    #[schema(value_type = Option<Time>)]
    valid_from: Option<String>,
    #[schema(value_type = Option<Time>)]
    valid_to: Option<String>,
    /// 发放后多少天内有效 / Days it is good for after it was granted
    #[schema(minimum = 1)]
    valid_days: Option<i64>,
    /// 总共最多发多少张 / How many are granted at most
    #[schema(minimum = 1)]
    total_num: Option<i64>,
    /// 每人最多多少张 / How many one buyer is granted at most
    #[schema(minimum = 1)]
    buyer_num: Option<i64>,
    /// 已发 / How many were granted
    #[schema(minimum = 0)]
    granted_num: i64,
    /// 订单支付后自动发放 / Granted when an order is paid
    grant_on_paid: bool,
    /// 实付满多少才发，分 / Only for orders of at least this much, in fen
    #[schema(value_type = Option<i64>, minimum = 0)]
    grant_min_money: Option<Fen>,
    /// 1 发放中，2 已停发 / 1 granted, 2 no longer granted
    #[schema(value_type = TemplateStatus)]
    status: &'static str,
    #[schema(value_type = Time)]
    create_time: Option<String>,
}

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
