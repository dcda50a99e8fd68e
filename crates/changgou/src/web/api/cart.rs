//! `/api/cart`: what a buyer means to buy.

use axum::extract::State;
use serde::Deserialize;

use super::super::WebState;
use super::super::extract::{BearerBuyer, Buyer};
use super::super::input::{Params, PathId};
use super::super::response::{ApiResult, done, ok};
use super::views;
use crate::domain::id::Id;
use crate::flow;
use crate::store::cart::LineSelection;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct AddToCartQuery {
    id: Id,
    num: i64,
}

/// Sets the quantity, as the original does; none or fewer takes the SKU out.
pub(in super::super) async fn put(
    State(web): State<WebState>,
    BearerBuyer(login): BearerBuyer,
    Params(put): Params<AddToCartQuery>,
) -> ApiResult {
    flow::cart::put(&web.app, login.username, put.id, put.num).await?;
    Ok(done("加入购物车成功！", "The cart is changed"))
}

pub(in super::super) async fn list(State(web): State<WebState>, Buyer(login): Buyer) -> ApiResult {
    let now = web.app.now();
    let lines = flow::cart::list(&web.app, login.username).await?;
    let lines: Vec<views::CartLineView> = lines.into_iter().map(|seen| views::cart_line(seen, now)).collect();
    Ok(ok("购物车列表查询成功！", "Here you are", lines))
}

pub(in super::super) async fn remove(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathId(id): PathId,
) -> ApiResult {
    flow::cart::remove(&web.app, login.username, id).await?;
    Ok(done("已移出购物车", "Removed from the cart"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SelectedQuery {
    value: Switch,
}

#[derive(Deserialize)]
enum Switch {
    #[serde(rename = "true", alias = "1")]
    On,
    #[serde(rename = "false", alias = "0")]
    Off,
}

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
    flow::cart::select(&web.app, login.username, id, value).await?;
    Ok(done("已更新", "Changed"))
}
