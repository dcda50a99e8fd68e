//! `/order`: the settlement page (结算页), where everything is checked once more.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::super::Web;
use super::super::input::{Params, ids};
use super::super::speak::percent_encoded;
use super::cart::{Line, line};
use super::frame::{BuyerFrame, Frame};
use super::layout::{Shown, show_as};
use super::notice::Notice;
use super::words;
use crate::flow;
use crate::nouns::address::Address;
use crate::values::id::{AddressId, SkuId};
use crate::values::pricing::Quote;
use crate::values::status::PayType;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Asked {
    sku_ids: Option<String>,
    address_id: Option<AddressId>,
}

/// What the buyer has chosen so far.
pub(super) struct Choices {
    /// The cart lines to buy; `None` means those that are selected.
    pub sku_ids: Option<Vec<SkuId>>,
    pub address_id: Option<AddressId>,
    pub pay_type: PayType,
    pub message: String,
    /// The name of this purchase, where it has one already.
    pub token: Option<String>,
}

/// How the page came to be.
pub(super) struct Answered {
    pub status: StatusCode,
    pub notice: Option<Notice>,
}

#[derive(Template)]
#[template(path = "settlement.html")]
struct Settlement<'a> {
    frame: &'a Frame,
    notice: Option<Notice>,
    choices: Choices,
    token: String,
    addresses: Vec<Address>,
    /// The address the order goes to unless another is picked.
    to: Option<AddressId>,
    lines: Vec<Line>,
    quote: Quote,
    points: i64,
    earned: i64,
    /// This page in the query of another.
    from: String,
}

pub(in super::super) async fn show(
    State(web): State<Web>,
    BuyerFrame { username, frame }: BuyerFrame,
    Params(asked): Params<Asked>,
) -> Shown {
    let choices = Choices {
        sku_ids: asked.sku_ids.as_deref().map(ids).transpose()?,
        address_id: asked.address_id,
        pay_type: PayType::Online,
        message: String::new(),
        token: None,
    };
    let answered = Answered { status: StatusCode::OK, notice: None };
    page(&web, frame, username, choices, answered).await
}

/// The settlement page with what was chosen.
pub(super) async fn page(
    web: &Web,
    frame: Frame,
    username: String,
    choices: Choices,
    answered: Answered,
) -> Shown {
    let chosen = flow::settlement::Chosen { sku_ids: choices.sku_ids.clone(), ..Default::default() };
    let settled = flow::settlement::settlement(&web.app, username, chosen).await?;
    let here = here(choices.sku_ids.as_deref());
    let (from, frame) = (percent_encoded(&here), frame.at(here));
    let page = Settlement {
        frame: &frame,
        notice: answered.notice,
        token: choices.token.clone().unwrap_or(settled.token),
        to: receiver(&settled.addresses, choices.address_id),
        addresses: settled.addresses,
        lines: settled.items.iter().map(|seen| line(seen, &frame)).collect(),
        quote: settled.quote,
        points: settled.points,
        earned: web.app.settings.rules.points_per_order,
        choices,
        from,
    };
    show_as(answered.status, &frame, &page)
}

fn here(sku_ids: Option<&[SkuId]>) -> String {
    let Some(ids) = sku_ids else {
        return "/order".to_owned();
    };
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    format!("/order?skuIds={}", ids.join(","))
}

/// The address picked if it is the buyer's, else the suggested one.
fn receiver(addresses: &[Address], picked: Option<AddressId>) -> Option<AddressId> {
    let own = addresses.iter().find(|address| Some(address.id) == picked);
    own.or(addresses.first()).map(|address| address.id)
}

impl Settlement<'_> {
    fn can_submit(&self) -> bool {
        !self.lines.is_empty() && !self.addresses.is_empty() && self.lines.iter().all(Line::is_sold)
    }

    /// The lines that are shown, so that exactly these are bought.
    fn sku_ids(&self) -> String {
        let ids: Vec<String> = self.lines.iter().map(|line| line.id.to_string()).collect();
        ids.join(",")
    }

    fn pieces(&self) -> String {
        words::pieces(self.quote.total_num, self.frame.lang)
    }
}
