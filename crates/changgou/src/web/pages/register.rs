//! `/register`: creates an account and logs in.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::super::WebState;
use super::super::extractors::OwnPage;
use super::super::input::{Form, Params, phone};
use super::super::response::{ApiProblem, status};
use super::super::url::{login_page, percent_encoded};
use super::flash::{Flash, into_refusal};
use super::login::{LoginQuery, logged_in};
use super::page_context::{PageContext, PageViewer};
use super::render::{PageResult, see_other, show_as};
use super::return_to;
use crate::domain::message::{AccountMessage, FieldName};
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::account::Credentials;
use crate::store::account::AccountRole;
use crate::store::account::session::SessionTokens;

#[derive(Deserialize)]
pub(in super::super) struct RegisterForm {
    username: String,
    password: String,
    again: String,
    #[serde(default)]
    phone: String,
    #[serde(rename = "FROM")]
    from: Option<String>,
}

#[derive(Template)]
#[template(path = "register.html")]
struct Register<'a> {
    frame: &'a PageContext,
    notice: Option<Flash>,
    username: &'a str,
    phone: &'a str,
    from: &'a str,
    login: String,
}

pub(in super::super) async fn show(
    frame: PageContext,
    headers: HeaderMap,
    Params(asked): Params<LoginQuery>,
) -> PageResult {
    let from = return_to::own_path_or_home(asked.from.as_deref(), &headers);
    match frame.who {
        PageViewer::Buyer { .. } => Ok(see_other(&from)),
        PageViewer::Guest | PageViewer::Unknown => page(&frame, ["", ""], &from, StatusCode::OK, None),
    }
}

pub(in super::super) async fn register(
    State(web): State<WebState>,
    _own: OwnPage,
    frame: PageContext,
    headers: HeaderMap,
    Form(typed): Form<RegisterForm>,
) -> PageResult {
    let from = return_to::own_path_or_home(typed.from.as_deref(), &headers);
    match create_account(&web, &typed).await {
        Ok(tokens) => Ok(logged_in(&web, &tokens, &from)),
        Err(problem) => {
            let refusal = into_refusal(problem)?;
            let frame = frame.at_path(format!("/register?FROM={}", percent_encoded(&from)));
            let notice = Flash::refused(&refusal, frame.lang);
            page(&frame, [&typed.username, &typed.phone], &from, status(refusal.reason), Some(notice))
        }
    }
}

async fn create_account(web: &WebState, typed: &RegisterForm) -> Result<SessionTokens, ApiProblem> {
    if typed.password != typed.again {
        return Err(Refusal::new(AccountMessage::PasswordsDiffer).into());
    }
    let number = Some(typed.phone.as_str()).filter(|number| !number.trim().is_empty());
    let number = number.map(|number| phone(FieldName::Phone, number)).transpose()?;
    let given = Credentials::new(&typed.username, typed.password.clone());
    Ok(flow::account::register(&web.app, given, number, AccountRole::Buyer).await?)
}

fn page(
    frame: &PageContext,
    [username, phone]: [&str; 2],
    from: &str,
    status: StatusCode,
    notice: Option<Flash>,
) -> PageResult {
    let page = Register { frame, notice, username, phone, from, login: login_page(from) };
    show_as(status, frame, &page)
}
