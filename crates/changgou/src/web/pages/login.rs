//! `/login`, `/oauth/login` and `/logout`.

use askama::Template;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::super::WebState;
use super::super::extractors::{Caller, OwnPage, Visitor, token_of};
use super::super::input::{Form, Params};
use super::super::login::try_login;
use super::super::response::status;
use super::super::session_cookie::{expired_cookie, login_cookie};
use super::super::url::percent_encoded;
use super::flash::{Flash, into_refusal};
use super::page_context::{PageContext, PageViewer};
use super::render::{PageResult, see_other, show_as};
use super::return_to;
use crate::flow;
use crate::flow::account::Credentials;
use crate::store::account::session::SessionTokens;

#[derive(Deserialize)]
pub(in super::super) struct LoginQuery {
    #[serde(rename = "FROM")]
    pub from: Option<String>,
}

#[derive(Deserialize)]
pub(in super::super) struct LoginForm {
    username: String,
    password: String,
    #[serde(rename = "FROM")]
    from: Option<String>,
}

#[derive(Template)]
#[template(path = "login.html")]
struct Login<'a> {
    frame: &'a PageContext,
    notice: Option<Flash>,
    username: &'a str,
    from: &'a str,
    register: String,
    is_demo: bool,
}

pub(in super::super) async fn show(
    State(web): State<WebState>,
    frame: PageContext,
    headers: HeaderMap,
    Params(asked): Params<LoginQuery>,
) -> PageResult {
    let from = return_to::own_path_or_home(asked.from.as_deref(), &headers);
    match frame.who {
        PageViewer::Buyer { .. } => Ok(see_other(&from)),
        PageViewer::Guest | PageViewer::Unknown => page(&web, &frame, "", &from, StatusCode::OK, None),
    }
}

pub(in super::super) async fn login(
    State(web): State<WebState>,
    _own: OwnPage,
    frame: PageContext,
    Caller(address): Caller,
    headers: HeaderMap,
    Form(typed): Form<LoginForm>,
) -> PageResult {
    let from = return_to::own_path_or_home(typed.from.as_deref(), &headers);
    let username = typed.username.trim().to_owned();
    let given = Credentials::new(&username, typed.password);
    match try_login(&web, given, address).await {
        Ok(tokens) => Ok(logged_in(&web, &tokens, &from)),
        Err(problem) => {
            let refusal = into_refusal(problem)?;
            let frame = frame.at_path(format!("/login?FROM={}", percent_encoded(&from)));
            let notice = Flash::refused(&refusal, frame.lang);
            page(&web, &frame, &username, &from, status(refusal.reason), Some(notice))
        }
    }
}

/// Redirects to `to` with the login cookie.
pub(super) fn logged_in(web: &WebState, tokens: &SessionTokens, to: &str) -> Response {
    let mut response = see_other(to);
    response.headers_mut().append(SET_COOKIE, login_cookie(web, tokens));
    response
}

fn page(
    web: &WebState,
    frame: &PageContext,
    username: &str,
    from: &str,
    status: StatusCode,
    notice: Option<Flash>,
) -> PageResult {
    let page = Login {
        frame,
        notice,
        username,
        from,
        register: format!("/register?FROM={}", percent_encoded(from)),
        is_demo: web.app.settings.demo,
    };
    show_as(status, frame, &page)
}

pub(in super::super) async fn logout(
    State(web): State<WebState>,
    _who: Visitor,
    headers: HeaderMap,
) -> PageResult {
    if let Some(token) = token_of(&web, &headers) {
        flow::account::logout(&web.app, token).await?;
        web.logins.clear();
    }
    let mut response = see_other("/");
    response.headers_mut().append(SET_COOKIE, expired_cookie(&web));
    Ok(response)
}
