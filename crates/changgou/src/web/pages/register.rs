//! `/register`: a new account, logged in at once.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::super::Web;
use super::super::extract::OwnPage;
use super::super::input::{Form, Params, phone};
use super::super::localize::{login_page, percent_encoded};
use super::super::response::{Problem, status};
use super::flash::{Notice, tellable};
use super::login::{Asked, logged_in};
use super::page_context::{Frame, Who};
use super::render::{Shown, see_other, show_as};
use super::return_to;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::account::Credentials;
use crate::store::account::Role;
use crate::store::account::session::Tokens;

#[derive(Deserialize)]
pub(in super::super) struct Typed {
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
    frame: &'a Frame,
    notice: Option<Notice>,
    username: &'a str,
    phone: &'a str,
    from: &'a str,
    login: String,
}

pub(in super::super) async fn show(frame: Frame, headers: HeaderMap, Params(asked): Params<Asked>) -> Shown {
    let from = return_to::own(asked.from.as_deref(), &headers);
    match frame.who {
        Who::Buyer { .. } => Ok(see_other(&from)),
        Who::Guest | Who::Unknown => page(&frame, ["", ""], &from, StatusCode::OK, None),
    }
}

pub(in super::super) async fn register(
    State(web): State<Web>,
    _own: OwnPage,
    frame: Frame,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Shown {
    let from = return_to::own(typed.from.as_deref(), &headers);
    match open(&web, &typed).await {
        Ok(tokens) => Ok(logged_in(&web, &tokens, &from)),
        Err(problem) => {
            let refusal = tellable(problem)?;
            let frame = frame.at(format!("/register?FROM={}", percent_encoded(&from)));
            let notice = Notice::refused(&refusal, frame.lang);
            page(&frame, [&typed.username, &typed.phone], &from, status(refusal.reason), Some(notice))
        }
    }
}

async fn open(web: &Web, typed: &Typed) -> Result<Tokens, Problem> {
    if typed.password != typed.again {
        return Err(Refusal::bad_request("两次输入的密码不一致", "The two passwords differ.").into());
    }
    let number = Some(typed.phone.as_str()).filter(|number| !number.trim().is_empty());
    let number = number.map(|number| phone("手机号码 / Phone", number)).transpose()?;
    let given = Credentials { username: typed.username.trim().to_owned(), password: typed.password.clone() };
    Ok(flow::account::register(&web.app, given, number, Role::Buyer).await?)
}

fn page(
    frame: &Frame,
    [username, phone]: [&str; 2],
    from: &str,
    status: StatusCode,
    notice: Option<Notice>,
) -> Shown {
    let page = Register { frame, notice, username, phone, from, login: login_page(from) };
    show_as(status, frame, &page)
}
