//! `/api/address`: where a buyer wants things sent.

use axum::extract::State;
use serde::Deserialize;

use super::super::WebState;
use super::super::extract::Buyer;
use super::super::input::{Json, PathId, phone, text};
use super::super::response::{ApiResult, done, ok};
use super::views;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::store::address::AddressText;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in super::super) struct AddressInput {
    provinceid: String,
    cityid: String,
    areaid: String,
    phone: String,
    address: String,
    contact: String,
    alias: Option<String>,
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
        flow::address::in_the_list(AddressText {
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

pub(in super::super) async fn list(State(web): State<WebState>, Buyer(login): Buyer) -> ApiResult {
    let all = flow::address::list(&web.app, login.username).await?;
    let all: Vec<views::AddressView> = all.into_iter().map(Into::into).collect();
    Ok(ok("查询成功！", "Here you are", all))
}

pub(in super::super) async fn add(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    Json(given): Json<AddressInput>,
) -> ApiResult {
    let added = flow::address::add(&web.app, login.username, given.words()?).await?;
    if given.is_default() {
        flow::address::make_default(&web.app, added.username.clone(), added.id).await?;
    }
    let now_there = flow::address::one(&web.app, added.username, added.id).await?;
    Ok(ok("添加成功", "Added", views::AddressView::from(now_there)))
}

pub(in super::super) async fn one(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathId(id): PathId,
) -> ApiResult {
    let address = flow::address::one(&web.app, login.username, id).await?;
    Ok(ok("查询成功", "Here you are", views::AddressView::from(address)))
}

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
    let address = flow::address::one(&web.app, name, id).await?;
    Ok(ok("修改成功", "Changed", views::AddressView::from(address)))
}

pub(in super::super) async fn remove(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathId(id): PathId,
) -> ApiResult {
    flow::address::remove(&web.app, login.username, id).await?;
    Ok(done("删除成功", "Removed"))
}

pub(in super::super) async fn make_default(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathId(id): PathId,
) -> ApiResult {
    flow::address::make_default(&web.app, login.username, id).await?;
    Ok(done("已设为默认地址", "This is the default address now"))
}
