//! `/api/address`: where a buyer wants things sent.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::WebState;
use super::super::extractors::Buyer;
use super::super::input::{Json, PathId, phone, text};
use super::super::openapi::refusals;
use super::super::openapi::schemas::{self, MakeDefault, Phone};
use super::super::response::{ApiResult, done, ok};
use super::views;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::store::address::AddressText;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = AddressIn)]
pub(in super::super) struct AddressInput {
    /// 省代码，须与另外两个代码相符 / Code of the province; the three must belong together
    #[schema(pattern = "^[0-9]{6}$", examples("440000"))]
    provinceid: String,
    /// 市代码，须与另外两个代码相符 / Code of the city; the three must belong together
    #[schema(pattern = "^[0-9]{6}$", examples("440300"))]
    cityid: String,
    /// 区代码，须与另外两个代码相符 / Code of the area; the three must belong together
    #[schema(pattern = "^[0-9]{6}$", examples("440305"))]
    areaid: String,
    #[schema(value_type = Phone)]
    phone: String,
    /// 街道门牌 / Street and house
    #[schema(min_length = 1, max_length = 200, pattern = "TEXT")]
    address: String,
    /// 收货人 / Who receives
    #[schema(min_length = 1, max_length = 50, pattern = "TEXT")]
    contact: String,
    /// 买家给地址起的名字，空白等于没有 / What the buyer calls it; blank is none
    #[schema(max_length = 50, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    alias: Option<String>,
    /// true 或 "1" 设为默认；其他取值不改变默认 / true or "1" makes it the default; anything else leaves the default alone
    #[schema(value_type = Option<MakeDefault>)]
    is_default: Option<DefaultFlag>,
}

/// The original's "1" and "0", or true and false.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(untagged)]
enum DefaultFlag {
    Switch(bool),
    Letter(Letter),
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
enum Letter {
    #[serde(rename = "1")]
    On,
    #[serde(rename = "0")]
    Off,
}

impl AddressInput {
    fn is_default(&self) -> bool {
        matches!(self.is_default, Some(DefaultFlag::Switch(true) | DefaultFlag::Letter(Letter::On)))
    }

    fn words(&self) -> Result<AddressText, Refusal> {
        let alias = self.alias.as_deref().filter(|alias| !alias.trim().is_empty());
        flow::address::check_area(AddressText {
            provinceid: self.provinceid.clone(),
            cityid: self.cityid.clone(),
            areaid: self.areaid.clone(),
            phone: phone("phone", &self.phone)?,
            address: text("address", &self.address, 1, 200)?,
            contact: text("contact", &self.contact, 1, 50)?,
            alias: alias.map(|alias| text("alias", alias, 1, 50)).transpose()?,
        })
    }
}

/// 查询收货地址 / List addresses
///
/// 默认地址在前 / The default first
#[utoipa::path(
    get, path = "/api/address/user/list", operation_id = "listAddresses", tag = "收货地址 / Addresses",
    responses((status = 200, body = Vec<views::AddressView>), refusals::Login, refusals::Failure),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn list(State(web): State<WebState>, Buyer(login): Buyer) -> ApiResult {
    let all = flow::address::list(&web.app, login.username).await?;
    let all: Vec<views::AddressView> = all.into_iter().map(Into::into).collect();
    Ok(ok("查询成功！", "Here you are", all))
}

/// 添加收货地址 / Add an address
///
/// 最多 50 个；第一个自动成为默认 / At most 50; the first becomes the default
#[utoipa::path(
    post, path = "/api/address", operation_id = "addAddress", tag = "收货地址 / Addresses",
    request_body = AddressInput,
    responses(
        (status = 200, body = views::AddressView),
        refusals::Body, refusals::Access, refusals::NotFound, refusals::Failure,
    ),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn add(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    Json(given): Json<AddressInput>,
) -> ApiResult {
    let added = flow::address::add(&web.app, login.username, given.words()?).await?;
    if given.is_default() {
        flow::address::make_default(&web.app, added.username.clone(), added.id).await?;
    }
    let now_there = flow::address::find(&web.app, added.username, added.id).await?;
    Ok(ok("添加成功", "Added", views::AddressView::from(now_there)))
}

/// 查询一个收货地址 / One address
#[utoipa::path(
    get, path = "/api/address/{id}", operation_id = "getAddress", tag = "收货地址 / Addresses",
    params(schemas::AddressIdPath),
    responses(
        (status = 200, body = views::AddressView),
        refusals::Input, refusals::Login, refusals::NotFound, refusals::Failure,
    ),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn one(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathId(id): PathId,
) -> ApiResult {
    let address = flow::address::find(&web.app, login.username, id).await?;
    Ok(ok("查询成功", "Here you are", views::AddressView::from(address)))
}

/// 修改收货地址 / Change an address
#[utoipa::path(
    put, path = "/api/address/{id}", operation_id = "changeAddress", tag = "收货地址 / Addresses",
    params(schemas::AddressIdPath),
    request_body = AddressInput,
    responses(
        (status = 200, body = views::AddressView),
        refusals::Body, refusals::Access, refusals::NotFound, refusals::Failure,
    ),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn change(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathId(id): PathId,
    Json(given): Json<AddressInput>,
) -> ApiResult {
    let name = login.username;
    flow::address::change(&web.app, name.clone(), id, given.words()?).await?;
    if given.is_default() {
        flow::address::make_default(&web.app, name.clone(), id).await?;
    }
    let address = flow::address::find(&web.app, name, id).await?;
    Ok(ok("修改成功", "Changed", views::AddressView::from(address)))
}

/// 删除收货地址 / Remove an address
///
/// 删除默认地址后，其余最早的成为默认 / If it was the default, the oldest of the others becomes it
#[utoipa::path(
    delete, path = "/api/address/{id}", operation_id = "removeAddress", tag = "收货地址 / Addresses",
    params(schemas::AddressIdPath),
    responses((status = 200), refusals::Input, refusals::Access, refusals::NotFound, refusals::Failure),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn remove(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathId(id): PathId,
) -> ApiResult {
    flow::address::remove(&web.app, login.username, id).await?;
    Ok(done("删除成功", "Removed"))
}

/// 设为默认地址 / Make it the default
#[utoipa::path(
    put, path = "/api/address/{id}/default", operation_id = "makeDefaultAddress", tag = "收货地址 / Addresses",
    params(schemas::AddressIdPath),
    responses((status = 200), refusals::Input, refusals::Access, refusals::NotFound, refusals::Failure),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn make_default(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathId(id): PathId,
) -> ApiResult {
    flow::address::make_default(&web.app, login.username, id).await?;
    Ok(done("已设为默认地址", "This is the default address now"))
}
