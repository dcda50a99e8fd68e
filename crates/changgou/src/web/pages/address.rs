//! `/addresses`: a buyer's saved addresses.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::super::WebState;
use super::super::input::{Params, PathId};
use super::super::response::status;
use super::flash::{Flash, into_refusal};
use super::page_context::{BuyerContext, PageContext};
use super::render::{PageResult, see_other, show_as};
use crate::flow;
use crate::store::address::Address;

#[derive(Deserialize)]
pub(in super::super) struct AddressesQuery {
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "addresses.html")]
struct Addresses<'a> {
    frame: &'a PageContext,
    notice: Option<Flash>,
    addresses: Vec<Address>,
}

pub(in super::super) async fn show(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    Params(asked): Params<AddressesQuery>,
) -> PageResult {
    let notice = Flash::done(asked.done.as_deref(), frame.lang);
    page(&web, &frame, username, StatusCode::OK, notice).await
}

pub(in super::super) async fn remove(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    PathId(id): PathId,
) -> PageResult {
    let removed = flow::address::remove(&web.app, username.clone(), id).await;
    done(&web, frame, username, removed.map(|()| "removed")).await
}

pub(in super::super) async fn make_default(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    PathId(id): PathId,
) -> PageResult {
    let made = flow::address::make_default(&web.app, username.clone(), id).await;
    done(&web, frame, username, made.map(|()| "default")).await
}

async fn done(web: &WebState, frame: PageContext, username: String, word: flow::Outcome<&str>) -> PageResult {
    match word {
        Ok(word) => Ok(see_other(&format!("/addresses?done={word}"))),
        Err(error) => {
            let refusal = into_refusal(error.into())?;
            let frame = frame.at_path("/addresses");
            let notice = Flash::refused(&refusal, frame.lang);
            page(web, &frame, username, status(refusal.reason), Some(notice)).await
        }
    }
}

async fn page(
    web: &WebState,
    frame: &PageContext,
    username: String,
    status: StatusCode,
    notice: Option<Flash>,
) -> PageResult {
    let addresses = flow::address::list(&web.app, username).await?;
    let page = Addresses { frame, notice, addresses };
    show_as(status, frame, &page)
}
