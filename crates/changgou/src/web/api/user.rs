//! `/api/user`: registering, logging in and out, and who one is.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use serde::{Deserialize, Serialize};

use super::super::WebState;
use super::super::extract::{BearerBuyer, Buyer, Caller, Operator, OwnPage, token_of};
use super::super::input::{FormOrJson, Params, phone};
use super::super::login::{ended_cookie, login_cookie, try_login};
use super::super::response::{ApiResult, ApiSuccess, done, ok};
use super::views;
use crate::domain::message::NotFound;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::account::Credentials;
use crate::store::account::AccountRole;
use crate::store::account::session::SessionTokens;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct LoginInput {
    username: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct RegisterInput {
    username: String,
    password: String,
    phone: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in super::super) struct RefreshToken {
    refresh_token: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokensOut {
    access_token: String,
    refresh_token: String,
    jti: String,
}

pub(in super::super) async fn add(
    State(web): State<WebState>,
    _own: OwnPage,
    FormOrJson(new): FormOrJson<RegisterInput>,
) -> ApiResult {
    let number = new.phone.map(|number| phone("phone", &number)).transpose()?;
    let given = Credentials { username: new.username, password: new.password };
    let tokens = flow::account::register(&web.app, given, number, AccountRole::Buyer).await?;
    Ok(with_cookie(&web, tokens, ("注册成功", "Registered")))
}

pub(in super::super) async fn login(
    State(web): State<WebState>,
    _own: OwnPage,
    Caller(address): Caller,
    FormOrJson(typed): FormOrJson<LoginInput>,
) -> ApiResult {
    let given = Credentials { username: typed.username, password: typed.password };
    let tokens = try_login(&web, given, address).await?;
    Ok(with_cookie(&web, tokens, ("登录成功", "Logged in")))
}

pub(in super::super) async fn logout(
    State(web): State<WebState>,
    _who: Buyer,
    headers: HeaderMap,
) -> ApiResult {
    if let Some(token) = token_of(&headers) {
        flow::account::logout(&web.app, token).await?;
        web.logins.forget();
    }
    Ok(done("已退出登录", "Logged out").header(SET_COOKIE, ended_cookie(&web)))
}

pub(in super::super) async fn refresh(
    State(web): State<WebState>,
    _own: OwnPage,
    FormOrJson(body): FormOrJson<RefreshToken>,
) -> ApiResult {
    let tokens = flow::account::refresh(&web.app, body.refresh_token).await?;
    web.logins.forget();
    Ok(with_cookie(&web, tokens, ("令牌已更新", "Refreshed")))
}

fn with_cookie(web: &WebState, tokens: SessionTokens, (zh, en): (&'static str, &'static str)) -> ApiSuccess {
    let cookie = login_cookie(web, &tokens);
    let SessionTokens { access, refresh, jti } = tokens;
    ok(zh, en, TokensOut { access_token: access, refresh_token: refresh, jti }).header(SET_COOKIE, cookie)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Me {
    username: String,
    points: i64,
    phone: Option<String>,
    email: Option<String>,
    nick_name: Option<String>,
    created: Option<String>,
    role: &'static str,
}

pub(in super::super) async fn me(State(web): State<WebState>, Buyer(login): Buyer) -> ApiResult {
    let account = flow::account::find(&web.app, &login.username).await?;
    let account = account.ok_or_else(|| Refusal::new(NotFound::Account))?;
    let me = Me {
        username: account.username,
        points: account.points,
        phone: account.phone,
        email: account.email,
        nick_name: account.nick_name,
        created: views::time(Some(account.created)),
        role: account.role.word(),
    };
    Ok(ok("查询成功", "Here you are", me))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct PointsChange {
    username: Option<String>,
    points: i64,
}

#[derive(Serialize)]
struct PointsView {
    username: String,
    points: i64,
}

pub(in super::super) async fn add_points(
    State(web): State<WebState>,
    _by: BearerBuyer,
    Operator(operator): Operator,
    Params(change): Params<PointsChange>,
) -> ApiResult {
    let username = change.username.unwrap_or(operator.username);
    let points = flow::adjust_points::adjust(&web.app, username.clone(), change.points).await?;
    Ok(ok("添加积分成功", "Points changed", PointsView { username, points }))
}
