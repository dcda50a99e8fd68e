//! `/addresses/new` and `/addresses/{id}`: the form of an address. Province,
//! city and district are chosen one after the other; without JavaScript a button
//! loads the next list.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::super::WebState;
use super::super::input::{Form, Params, PathId, phone, text};
use super::super::response::{ApiProblem, status};
use super::flash::{Flash, into_refusal};
use super::page_context::{BuyerContext, PageContext};
use super::render::{PageResult, see_other, show_as};
use super::return_to;
use crate::domain::area::{self, Area};
use crate::domain::id::AddressId;
use crate::domain::message::{AccountMessage, FieldName};
use crate::domain::refusal::{Reason, Refusal};
use crate::flow;
use crate::store::address::{Address, AddressText};

#[derive(Deserialize)]
pub(in super::super) struct AddressFormQuery {
    #[serde(rename = "FROM")]
    from: Option<String>,
}

/// The form as sent, complete or not.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in super::super) struct AddressForm {
    contact: String,
    phone: String,
    provinceid: String,
    cityid: String,
    areaid: String,
    address: String,
    alias: String,
    #[serde(rename = "isDefault")]
    is_default: Option<String>,
    #[serde(rename = "FROM")]
    from: String,
    act: Option<String>,
}

#[derive(Template)]
#[template(path = "address.html")]
struct AddressPage<'a> {
    frame: &'a PageContext,
    notice: Option<Flash>,
    id: Option<AddressId>,
    sent: &'a AddressForm,
    provinces: Vec<Area>,
    cities: Vec<Area>,
    areas: Vec<Area>,
}

pub(in super::super) async fn fresh(
    BuyerContext { frame, .. }: BuyerContext,
    headers: HeaderMap,
    Params(asked): Params<AddressFormQuery>,
) -> PageResult {
    let sent = AddressForm {
        from: asked.from.map(|from| return_to::own_path_or_home(Some(&from), &headers)).unwrap_or_default(),
        ..AddressForm::default()
    };
    page(&frame, None, &sent, StatusCode::OK, None)
}

pub(in super::super) async fn edit(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    PathId(id): PathId,
) -> PageResult {
    let there = flow::address::find(&web.app, username, id).await?;
    page(&frame, Some(id), &form_of(there), StatusCode::OK, None)
}

pub(in super::super) async fn add(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    headers: HeaderMap,
    Form(sent): Form<AddressForm>,
) -> PageResult {
    let frame = frame.at_path("/addresses/new");
    if sent.asks_for_lists() {
        return page(&frame, None, &sent, StatusCode::OK, None);
    }
    match save(&web, username, None, &sent).await {
        Ok(id) if !sent.from.is_empty() => {
            Ok(see_other(&with_address_id(&return_to::own_path_or_home(Some(&sent.from), &headers), id)))
        }
        Ok(_) => Ok(see_other("/addresses?done=saved")),
        Err(problem) => refused(&frame, None, &sent, problem),
    }
}

pub(in super::super) async fn change(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    PathId(id): PathId,
    Form(sent): Form<AddressForm>,
) -> PageResult {
    let frame = frame.at_path(format!("/addresses/{id}"));
    if sent.asks_for_lists() {
        return page(&frame, Some(id), &sent, StatusCode::OK, None);
    }
    match save(&web, username, Some(id), &sent).await {
        Ok(_) => Ok(see_other("/addresses?done=saved")),
        Err(problem) => refused(&frame, Some(id), &sent, problem),
    }
}

async fn save(
    web: &WebState,
    username: String,
    id: Option<AddressId>,
    sent: &AddressForm,
) -> Result<AddressId, ApiProblem> {
    let words = sent.words()?;
    let id = match id {
        None => flow::address::add(&web.app, username.clone(), words).await?.id,
        Some(id) => {
            flow::address::change(&web.app, username.clone(), id, words).await?;
            id
        }
    };
    if sent.is_default.is_some() {
        flow::address::make_default(&web.app, username, id).await?;
    }
    Ok(id)
}

/// The page to return to, with the new address selected there.
fn with_address_id(to: &str, id: AddressId) -> String {
    let mark = if to.contains('?') { '&' } else { '?' };
    format!("{to}{mark}addressId={id}")
}

fn refused(
    frame: &PageContext,
    id: Option<AddressId>,
    sent: &AddressForm,
    problem: ApiProblem,
) -> PageResult {
    let refusal = into_refusal(problem)?;
    if refusal.reason == Reason::NotFound {
        return Err(refusal.into());
    }
    let notice = Flash::refused(&refusal, frame.lang);
    page(frame, id, sent, status(refusal.reason), Some(notice))
}

fn page(
    frame: &PageContext,
    id: Option<AddressId>,
    sent: &AddressForm,
    status: StatusCode,
    notice: Option<Flash>,
) -> PageResult {
    let cities = area::cities(&sent.provinceid);
    let chosen = cities.iter().find(|city| city.code == sent.cityid);
    let page = AddressPage {
        frame,
        notice,
        id,
        sent,
        provinces: area::provinces(),
        areas: chosen.map(|city| area::areas(city.code)).unwrap_or_default(),
        cities,
    };
    show_as(status, frame, &page)
}

fn form_of(from: Address) -> AddressForm {
    let words = from.words;
    AddressForm {
        contact: words.contact,
        phone: words.phone,
        provinceid: words.provinceid,
        cityid: words.cityid,
        areaid: words.areaid,
        address: words.address,
        alias: words.alias.unwrap_or_default(),
        is_default: from.is_default.then(|| "1".to_owned()),
        ..AddressForm::default()
    }
}

impl AddressForm {
    /// Whether the button only asked for the next list.
    fn asks_for_lists(&self) -> bool {
        self.act.as_deref() == Some("lists")
    }

    fn words(&self) -> Result<AddressText, Refusal> {
        let contact = text(FieldName::Contact, &self.contact, 1, 50)?;
        let phone = phone(FieldName::Phone, &self.phone)?;
        let address = text(FieldName::Street, &self.address, 1, 200)?;
        let alias = text(FieldName::AddressAlias, &self.alias, 0, 50)?;
        if [&self.provinceid, &self.cityid, &self.areaid].iter().any(|code| code.is_empty()) {
            return Err(Refusal::new(AccountMessage::RegionMissing));
        }
        flow::address::check_area(AddressText {
            provinceid: self.provinceid.clone(),
            cityid: self.cityid.clone(),
            areaid: self.areaid.clone(),
            phone,
            address,
            contact,
            alias: Some(alias).filter(|alias| !alias.is_empty()),
        })
    }
}
