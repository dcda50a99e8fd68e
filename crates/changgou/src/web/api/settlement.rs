//! `/api/order/settlement`: what an order would cost, before it is placed.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::WebState;
use super::super::extractors::{Buyer, CallerLang};
use super::super::input::{Params, ids};
use super::super::openapi::refusals;
use super::super::openapi::schemas::IdText;
use super::super::response::{ApiResult, ok};
use super::coupon_views::{OfferedCouponView, offered};
use super::views;
use crate::domain::id::Id;
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::flow::checkout::{self, CouponChoice};

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in super::super) struct CheckoutApiQuery {
    /// 购物车中的商品，逗号分隔，最多 100 个；不给则为选中的 / SKUs of the cart, separated by commas, at most 100; without it, those that are selected
    #[param(
        pattern = r"^\s*(?:[0-8]?[0-9]{1,18})?\s*(?:,\s*(?:[0-8]?[0-9]{1,18})?\s*){0,99}$",
        example = "100000008066"
    )]
    sku_ids: Option<String>,
    /// 要用的优惠券 / The coupon to use
    #[param(value_type = Option<IdText>, example = "100000000000000001")]
    coupon_id: Option<Id>,
    /// 要用的积分 / Points to pay with
    #[param(minimum = 0, example = 0)]
    points: Option<i64>,
}

impl CheckoutApiQuery {
    fn read(self) -> Result<checkout::CheckoutSelection, Refusal> {
        let coupon = self.coupon_id.map_or(CouponChoice::None, CouponChoice::This);
        Ok(checkout::CheckoutSelection {
            sku_ids: self.sku_ids.as_deref().map(ids).transpose()?,
            coupon,
            points: self.points.unwrap_or(0),
        })
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Settlement)]
struct SettlementOut {
    /// 这次购买的名字，下单时带上可防重复 / Names this purchase: two orders with it are one
    #[schema(pattern = "^[0-9a-f]{32}$")]
    token: String,
    /// 默认地址在前 / The default first
    addresses: Vec<views::AddressView>,
    items: Vec<views::CartLineView>,
    /// 最划算的在前 / The best first
    #[schema(max_items = 100)]
    coupons: Vec<OfferedCouponView>,
    #[schema(minimum = 0)]
    points: i64,
    /// 本单最多可用的积分 / The most points that may be used here
    #[schema(minimum = 0)]
    points_usable: i64,
    #[schema(minimum = 0)]
    total_num: i64,
    total_money: Fen,
    /// 优惠券与积分共减多少 / Taken off by coupon and points together
    pre_money: Fen,
    /// 所用的优惠券 / The coupon that is used
    coupon_id: Option<Id>,
    /// 优惠券减多少 / Taken off by the coupon
    coupon_money: Fen,
    /// 所用的积分 / Points that are used
    #[schema(minimum = 0)]
    points_used: i64,
    /// 积分抵多少 / Taken off by points
    points_money: Fen,
    post_fee: Fen,
    pay_money: Fen,
}

/// 结算页 / Settlement
///
/// 下单前核对：地址、商品、金额；下单时一切重新计算 / What a buyer checks before ordering; nothing of it is trusted when the order is placed
#[utoipa::path(
    get, path = "/api/order/settlement", operation_id = "settle", tag = "订单 / Orders",
    params(CheckoutApiQuery),
    responses(
        (status = 200, body = SettlementOut),
        refusals::Input, refusals::Login, refusals::NotFound, refusals::Discount, refusals::CartFailure,
    ),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn show(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    CallerLang(lang): CallerLang,
    Params(chosen): Params<CheckoutApiQuery>,
) -> ApiResult {
    let now = web.app.now();
    let settled = checkout::build_checkout(&web.app, login.username, chosen.read()?).await?;
    let (quote, discount) = (settled.quote, settled.discount);
    let best = checkout::best_offer(&settled.coupons).map(|best| best.coupon.id);
    let coupons = settled.coupons.into_iter();
    let settlement = SettlementOut {
        token: settled.token,
        addresses: settled.addresses.into_iter().map(Into::into).collect(),
        items: settled.items.into_iter().map(|seen| views::cart_line(seen, now)).collect(),
        coupons: coupons.map(|one| offered(one, best, lang)).collect(),
        points: settled.points,
        points_usable: settled.points_usable,
        total_num: quote.total_num,
        total_money: quote.total_money,
        pre_money: quote.pre_money,
        coupon_id: discount.coupon_id,
        coupon_money: discount.coupon_money,
        points_used: discount.points_used,
        points_money: discount.points_money,
        post_fee: quote.post_fee,
        pay_money: quote.pay_money,
    };
    Ok(ok("查询成功", "Here you are", settlement))
}
