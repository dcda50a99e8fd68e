//! `/addresses`: where a buyer wants things sent.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::super::Web;
use super::super::input::{Params, PathId};
use super::super::response::status;
use super::flash::{Notice, tellable};
use super::page_context::{BuyerFrame, Frame};
use super::render::{Shown, see_other, show_as};
use crate::flow;
use crate::store::address::Address;

#[derive(Deserialize)]
pub(in super::super) struct Asked {
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "addresses.html")]
struct Addresses<'a> {
    frame: &'a Frame,
    notice: Option<Notice>,
    addresses: Vec<Address>,
}

pub(in super::super) async fn show(
    State(web): State<Web>,
    BuyerFrame { username, frame }: BuyerFrame,
    Params(asked): Params<Asked>,
) -> Shown {
    let notice = Notice::done(asked.done.as_deref(), frame.lang);
    page(&web, &frame, username, StatusCode::OK, notice).await
}

pub(in super::super) async fn remove(
    State(web): State<Web>,
    BuyerFrame { username, frame }: BuyerFrame,
    PathId(id): PathId,
) -> Shown {
    let removed = flow::address::remove(&web.app, username.clone(), id).await;
    done(&web, frame, username, removed.map(|()| "removed")).await
}

pub(in super::super) async fn make_default(
    State(web): State<Web>,
    BuyerFrame { username, frame }: BuyerFrame,
    PathId(id): PathId,
) -> Shown {
    let made = flow::address::make_default(&web.app, username.clone(), id).await;
    done(&web, frame, username, made.map(|()| "default")).await
}

async fn done(web: &Web, frame: Frame, username: String, word: flow::Outcome<&str>) -> Shown {
    match word {
        Ok(word) => Ok(see_other(&format!("/addresses?done={word}"))),
        Err(error) => {
            let refusal = tellable(error.into())?;
            let frame = frame.at("/addresses");
            let notice = Notice::refused(&refusal, frame.lang);
            page(web, &frame, username, status(refusal.reason), Some(notice)).await
        }
    }
}

async fn page(
    web: &Web,
    frame: &Frame,
    username: String,
    status: StatusCode,
    notice: Option<Notice>,
) -> Shown {
    let addresses = flow::address::list(&web.app, username).await?;
    let page = Addresses { frame, notice, addresses };
    show_as(status, frame, &page)
}
