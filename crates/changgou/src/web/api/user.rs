//! `/api/user`: registering, logging in and out, and who one is.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::WebState;
use super::super::extractors::{BearerBuyer, Buyer, Caller, Operator, OwnPage, token_of};
use super::super::input::{FormOrJson, Params, phone};
use super::super::login::try_login;
use super::super::openapi::refusals;
use super::super::openapi::schemas::{Phone, PointsDelta, Time};
use super::super::response::{ApiResult, ApiSuccess, done, ok};
use super::super::session_cookie::{expired_cookie, login_cookie};
use super::views;
use crate::domain::message::NotFound;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::account::Credentials;
use crate::flow::adjust_points::PointsAccount;
use crate::store::account::AccountRole;
use crate::store::account::session::SessionTokens;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Credentials)]
pub(in super::super) struct LoginInput {
    #[schema(min_length = 1, max_length = 50)]
    username: String,
    #[schema(format = Password, max_length = 128)]
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUser)]
pub(in super::super) struct RegisterInput {
    /// 3 到 50 个字母、数字、汉字、下划线或连字符；其他文字的字母与数字也可以 / 3 to 50 letters, digits, underscores or hyphens; letters and digits of other scripts do too
    #[schema(min_length = 3, max_length = 50, pattern = r"^[0-9A-Za-z_\u4e00-\u9fff-]+$")]
    username: String,
    #[schema(format = Password, min_length = 6, max_length = 128)]
    password: String,
    #[schema(value_type = Option<Phone>)]
    phone: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in super::super) struct RefreshToken {
    refresh_token: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Tokens)]
struct TokensOut {
    /// 有效 12 小时 / Good for 12 hours
    #[schema(pattern = "^[0-9a-f]{64}$")]
    access_token: String,
    /// 有效 30 天，只能用一次 / Good for 30 days, works once
    #[schema(pattern = "^[0-9a-f]{64}$")]
    refresh_token: String,
    /// 这次登录的名字，不能用来登录 / Names the login without opening anything
    #[schema(pattern = "^[0-9a-f]{32}$")]
    jti: String,
}

/// 注册并登录 / Register and log in
#[utoipa::path(
    post, path = "/api/user/add", operation_id = "register", tag = "账户 / Account",
    request_body(content((RegisterInput = "application/json"), (RegisterInput = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, body = TokensOut, headers(("Set-Cookie" = String))),
        refusals::Body, refusals::UsernameTaken, refusals::Failure,
    ),
)]
pub(in super::super) async fn add(
    State(web): State<WebState>,
    _own: OwnPage,
    FormOrJson(new): FormOrJson<RegisterInput>,
) -> ApiResult {
    let number = new.phone.map(|number| phone("phone", &number)).transpose()?;
    let given = Credentials::new(&new.username, new.password);
    let tokens = flow::account::register(&web.app, given, number, AccountRole::Buyer).await?;
    Ok(with_cookie(&web, tokens, ("注册成功", "Registered")))
}

/// 登录 / Log in
///
/// 密码只能放在请求体里。同一用户名 5 次或同一地址 50 次密码错误后，15 分钟内不再受理 / The password goes in the body only. After 5 wrong passwords for a name, or 50 from an address, nobody is let in for 15 minutes
#[utoipa::path(
    post, path = "/api/user/login", operation_id = "login", tag = "账户 / Account",
    request_body(content((LoginInput = "application/json"), (LoginInput = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, body = TokensOut, headers(("Set-Cookie" = String))),
        refusals::Body, refusals::WrongPassword, refusals::Failure,
    ),
)]
pub(in super::super) async fn login(
    State(web): State<WebState>,
    _own: OwnPage,
    Caller(address): Caller,
    FormOrJson(typed): FormOrJson<LoginInput>,
) -> ApiResult {
    let given = Credentials::new(&typed.username, typed.password);
    let tokens = try_login(&web, given, address).await?;
    Ok(with_cookie(&web, tokens, ("登录成功", "Logged in")))
}

/// 退出登录 / Log out
#[utoipa::path(
    post, path = "/api/user/logout", operation_id = "logout", tag = "账户 / Account",
    responses((status = 200, headers(("Set-Cookie" = String))), refusals::Access, refusals::Failure),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn logout(
    State(web): State<WebState>,
    _who: Buyer,
    headers: HeaderMap,
) -> ApiResult {
    if let Some(token) = token_of(&web, &headers) {
        flow::account::logout(&web.app, token).await?;
        web.logins.clear();
    }
    Ok(done("已退出登录", "Logged out").header(SET_COOKIE, expired_cookie(&web)))
}

/// 换新令牌 / Refresh the login
///
/// refreshToken 只能用一次，旧的 accessToken 随之失效 / A refreshToken works once, and the accessToken it came with ends
#[utoipa::path(
    post, path = "/api/user/refresh", operation_id = "refresh", tag = "账户 / Account",
    request_body(content((RefreshToken = "application/json"), (RefreshToken = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, body = TokensOut, headers(("Set-Cookie" = String))),
        refusals::Body, refusals::Login, refusals::Failure,
    ),
)]
pub(in super::super) async fn refresh(
    State(web): State<WebState>,
    _own: OwnPage,
    FormOrJson(body): FormOrJson<RefreshToken>,
) -> ApiResult {
    let tokens = flow::account::refresh_session(&web.app, body.refresh_token).await?;
    web.logins.clear();
    Ok(with_cookie(&web, tokens, ("令牌已更新", "Refreshed")))
}

fn with_cookie(web: &WebState, tokens: SessionTokens, (zh, en): (&'static str, &'static str)) -> ApiSuccess {
    let cookie = login_cookie(web, &tokens);
    let SessionTokens { access, refresh, jti } = tokens;
    ok(zh, en, TokensOut { access_token: access, refresh_token: refresh, jti }).header(SET_COOKIE, cookie)
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Me {
    username: String,
    #[schema(minimum = 0)]
    points: i64,
    phone: Option<String>,
    email: Option<String>,
    nick_name: Option<String>,
    #[schema(value_type = Time)]
    created: Option<String>,
    #[schema(value_type = AccountRole)]
    role: &'static str,
}

/// 我的资料与积分 / My profile and points
#[utoipa::path(
    get, path = "/api/user/me", operation_id = "me", tag = "账户 / Account",
    responses((status = 200, body = Me), refusals::Login, refusals::NotFound, refusals::Failure),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn me(State(web): State<WebState>, Buyer(login): Buyer) -> ApiResult {
    let account = flow::account::find_account(&web.app, &login.username).await?;
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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct PointsChange {
    /// 用户；不给则为自己 / Whose; without it, the operator's own
    #[param(example = "demo")]
    username: Option<String>,
    /// 增加的积分，负数为扣除 / Points to add; negative takes them
    #[param(value_type = PointsDelta, example = 100)]
    points: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PointsBalance)]
struct PointsView {
    username: String,
    #[schema(minimum = 0)]
    points: i64,
}

/// 增减积分 / Add or take points
#[utoipa::path(
    post, path = "/api/user/points/add", operation_id = "addPoints", tag = "运营 / Operator",
    params(PointsChange),
    responses(
        (status = 200, body = PointsView),
        refusals::Input, refusals::Access, refusals::NotFound, refusals::PointsShort, refusals::Failure,
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"])),
)]
pub(in super::super) async fn add_points(
    State(web): State<WebState>,
    _by: BearerBuyer,
    Operator(operator): Operator,
    Params(change): Params<PointsChange>,
) -> ApiResult {
    let username = change.username.unwrap_or(operator.username);
    let PointsAccount { username, points } =
        flow::adjust_points::adjust(&web.app, username, change.points).await?;
    Ok(ok("添加积分成功", "Points changed", PointsView { username, points }))
}

/// 增减积分（GET） / Add or take points by GET
///
/// 原系统的方式，只认 Bearer / As in the original; with a Bearer header only
#[utoipa::path(
    get, path = "/api/user/points/add", operation_id = "addPointsByGet", tag = "运营 / Operator",
    params(PointsChange),
    responses(
        (status = 200, body = PointsView),
        refusals::Input, refusals::Access, refusals::NotFound, refusals::PointsShort, refusals::Failure,
    ),
    security(("bearer" = ["operator"])),
)]
pub(in super::super) async fn add_points_by_get(
    web: State<WebState>,
    by: BearerBuyer,
    operator: Operator,
    change: Params<PointsChange>,
) -> ApiResult {
    add_points(web, by, operator, change).await
}
