//! `/api/cart`: what a buyer means to buy.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::WebState;
use super::super::extractors::{BearerBuyer, Buyer};
use super::super::input::{Params, PathId};
use super::super::openapi::refusals;
use super::super::openapi::schemas::{self, IdText, Selected};
use super::super::response::{ApiResult, done, ok};
use super::views;
use crate::domain::id::Id;
use crate::flow;
use crate::store::cart::LineSelection;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct AddToCartQuery {
    /// 商品编号 / Id of the SKU
    #[param(value_type = IdText, example = "100000008066")]
    id: Id,
    /// 数量；0 或更少则移出 / How many; none or fewer takes it out
    #[param(maximum = 999, example = 2)]
    num: i64,
}

/// 加入购物车 / Put into the cart
///
/// 设定数量，不是累加；最多 100 种商品 / Sets the quantity, does not add to it; at most 100 different SKUs
#[utoipa::path(
    post, path = "/api/cart/add", operation_id = "setCartLine", tag = "购物车 / Cart",
    params(AddToCartQuery),
    responses(
        (status = 200),
        refusals::Input, refusals::Access, refusals::NotFound, refusals::CartChange, refusals::CartFailure,
    ),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
// Sets the quantity, as the original does, instead of adding to it.
pub(in super::super) async fn put(
    State(web): State<WebState>,
    BearerBuyer(login): BearerBuyer,
    Params(put): Params<AddToCartQuery>,
) -> ApiResult {
    flow::cart::set_quantity(&web.app, login.username, put.id, put.num).await?;
    Ok(done("加入购物车成功！", "The cart is changed"))
}

/// 加入购物车（GET） / Put into the cart by GET
///
/// 原系统的方式，只认 Bearer。设定数量，不是累加；最多 100 种商品 / As in the original; with a Bearer header only. Sets the quantity, does not add to it; at most 100 different SKUs
#[utoipa::path(
    get, path = "/api/cart/add", operation_id = "setCartLineByGet", tag = "购物车 / Cart",
    params(AddToCartQuery),
    responses(
        (status = 200),
        refusals::Input, refusals::Access, refusals::NotFound, refusals::CartChange, refusals::CartFailure,
    ),
    security(("bearer" = ["buyer"])),
)]
pub(in super::super) async fn put_by_get(
    web: State<WebState>,
    buyer: BearerBuyer,
    put: Params<AddToCartQuery>,
) -> ApiResult {
    self::put(web, buyer, put).await
}

/// 查询购物车 / List the cart
///
/// 附现价与现有库存 / With present prices and stock
#[utoipa::path(
    get, path = "/api/cart/list", operation_id = "listCart", tag = "购物车 / Cart",
    responses((status = 200, body = Vec<views::CartLineView>), refusals::Login, refusals::CartFailure),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn list(State(web): State<WebState>, Buyer(login): Buyer) -> ApiResult {
    let now = web.app.now();
    let lines = flow::cart::list_lines(&web.app, login.username).await?;
    let lines: Vec<views::CartLineView> = lines.into_iter().map(|seen| views::cart_line(seen, now)).collect();
    Ok(ok("购物车列表查询成功！", "Here you are", lines))
}

/// 移出购物车 / Take out of the cart
///
/// 本来就不在也算成功 / One that is not in it is no error
#[utoipa::path(
    delete, path = "/api/cart/{skuId}", operation_id = "removeCartLine", tag = "购物车 / Cart",
    params(schemas::CartSkuIdPath),
    responses((status = 200), refusals::Input, refusals::Access, refusals::WrongMethod, refusals::CartFailure),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn remove(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathId(id): PathId,
) -> ApiResult {
    flow::cart::remove(&web.app, login.username, id).await?;
    Ok(done("已移出购物车", "Removed from the cart"))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct SelectedQuery {
    /// 下次是否购买 / Whether it is bought next
    #[param(value_type = Selected, example = "true")]
    value: Switch,
}

#[derive(Deserialize)]
enum Switch {
    #[serde(rename = "true", alias = "1")]
    On,
    #[serde(rename = "false", alias = "0")]
    Off,
}

/// 选中或取消 / Select or not
#[utoipa::path(
    put, path = "/api/cart/{skuId}/selected", operation_id = "selectCartLine", tag = "购物车 / Cart",
    params(schemas::CartSkuIdPath, SelectedQuery),
    responses((status = 200), refusals::Input, refusals::Access, refusals::NotFound, refusals::CartFailure),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn select(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathId(id): PathId,
    Params(choice): Params<SelectedQuery>,
) -> ApiResult {
    let value = match choice.value {
        Switch::On => LineSelection::Yes,
        Switch::Off => LineSelection::No,
    };
    flow::cart::set_selection(&web.app, login.username, id, value).await?;
    Ok(done("已更新", "Changed"))
}
