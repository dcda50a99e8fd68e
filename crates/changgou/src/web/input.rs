//! Input, read strictly: unknown fields, wrong types and too large bodies are refused
//! with the reason.

use std::borrow::Cow;
use std::str::FromStr;
use utoipa::IntoParams;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::response::ApiProblem;
use super::unreadable;
use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, NotAnId, OrderId};
use crate::domain::limits::{ORDER_LINES_MAX, PAGE_MAX, PAGE_SIZE_MAX};
use crate::domain::message::{FieldMessage, FieldName, RequestMessage, RequestPart};
use crate::domain::refusal::Refusal;

/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

pub(super) struct Json<T>(pub T);

/// A body that may be a form or JSON.
pub(super) struct FormOrJson<T>(pub T);

/// A form, as a page sends it.
pub(super) struct Form<T>(pub T);

/// The query of the URL.
pub(super) struct Params<T>(pub T);

/// Any text in the path.
pub(super) struct PathText(pub String);

/// An id in the path.
pub(super) struct PathId(pub Id);

/// An order id in the path.
pub(super) struct PathOrder(pub OrderId);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, state: &S) -> Result<Json<T>, ApiProblem> {
        let kind = media_type(request.headers());
        let body = body(request, state).await?;
        if kind != "application/json" {
            return Err(unsupported("application/json").into());
        }
        Ok(Json(from_json(&body)?))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for FormOrJson<T> {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, state: &S) -> Result<FormOrJson<T>, ApiProblem> {
        let kind = media_type(request.headers());
        let body = body(request, state).await?;
        match kind.as_str() {
            "application/json" => Ok(FormOrJson(from_json(&body)?)),
            FORM => Ok(FormOrJson(from_form(body).await?)),
            _ => Err(unsupported("application/json, application/x-www-form-urlencoded").into()),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, state: &S) -> Result<Form<T>, ApiProblem> {
        Ok(Form(from_form(body(request, state).await?).await?))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Params<T>, ApiProblem> {
        let read = Query::try_from_uri(&without_language(&parts.uri));
        Ok(Params(read.map_err(|error| unreadable::refusal(RequestPart::Query, &error.body_text()))?.0))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathText {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<PathText, ApiProblem> {
        Ok(PathText(path_text(parts, state).await?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<PathId, ApiProblem> {
        Ok(PathId(id(&path_text(parts, state).await?)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathOrder {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<PathOrder, ApiProblem> {
        Ok(PathOrder(order_id(&path_text(parts, state).await?)?))
    }
}

async fn path_text<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<String, ApiProblem> {
    let Path(text) = Path::<String>::from_request_parts(parts, state)
        .await
        .map_err(|error| unreadable::refusal(RequestPart::Path, &error.body_text()))?;
    Ok(text)
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiProblem> {
    Bytes::from_request(request, state).await.map_err(|error| {
        if error.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
            Refusal::new(RequestMessage::BodyTooLarge).into()
        } else {
            Refusal::new(RequestMessage::BodyIncomplete).into()
        }
    })
}

fn media_type(headers: &HeaderMap) -> String {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let read = axum::Json::from_bytes(body);
    Ok(read.map_err(|error| unreadable::refusal(RequestPart::Body, &error.body_text()))?.0)
}

async fn from_form<T: DeserializeOwned>(body: Bytes) -> Result<T, Refusal> {
    let mut form = Request::new(Body::from(body));
    *form.method_mut() = Method::POST;
    form.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
    let read = axum::Form::from_request(form, &()).await;
    Ok(read.map_err(|error| unreadable::refusal(RequestPart::Form, &error.body_text()))?.0)
}

fn unsupported(expected: &'static str) -> Refusal {
    Refusal::new(RequestMessage::MediaTypeUnsupported { expected })
}

/// The URL without `lang`, which every route takes and none declares.
fn without_language(uri: &Uri) -> Cow<'_, Uri> {
    let query = uri.query().unwrap_or_default();
    if !query.contains("lang=") {
        return Cow::Borrowed(uri);
    }
    let is_other = |pair: &&str| !pair.starts_with("lang=");
    let others: Vec<&str> = query.split('&').filter(is_other).collect();
    let stripped = format!("{}?{}", uri.path(), others.join("&")).parse();
    stripped.map_or(Cow::Borrowed(uri), Cow::Owned)
}

pub(super) fn id(text: &str) -> Result<Id, Refusal> {
    let wrong = |_: NotAnId| Refusal::new(FieldMessage::IdInvalid { given: format!("{text:.40?}") });
    Id::from_str(text).map_err(wrong)
}

pub(super) fn order_id(text: &str) -> Result<OrderId, Refusal> {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if text.is_empty() || text.len() > 50 || !plain {
        return Err(Refusal::new(FieldMessage::OrderIdInvalid));
    }
    Ok(OrderId(text.to_owned()))
}

/// Ids separated by commas, at most as many as an order may have lines.
pub(super) fn ids(text: &str) -> Result<Vec<Id>, Refusal> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let ids: Vec<Id> = parts.take(ORDER_LINES_MAX + 1).map(id).collect::<Result<_, _>>()?;
    if ids.len() > ORDER_LINES_MAX {
        return Err(Refusal::new(FieldMessage::TooManyIds { max: ORDER_LINES_MAX }));
    }
    Ok(ids)
}

/// A page of a list, counted from 1.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageOf {
    /// 第几页，从 1 起 / Which page, from 1
    #[param(minimum = 1, maximum = 10_000, default = 1, example = 1)]
    page: Option<i64>,
    /// 每页条数 / Rows of a page
    #[param(minimum = 1, maximum = 100, default = 20, example = 20)]
    size: Option<i64>,
}

impl PageOf {
    pub(super) fn new(page: Option<i64>, size: Option<i64>) -> PageOf {
        PageOf { page, size }
    }

    /// Page and size within their bounds.
    pub(super) fn bounds(&self) -> Result<(i64, i64), Refusal> {
        let (page, size) = (self.page.unwrap_or(1), self.size.unwrap_or(20));
        if (1..=PAGE_MAX).contains(&page) && (1..=PAGE_SIZE_MAX).contains(&size) {
            return Ok((page, size));
        }
        Err(Refusal::new(FieldMessage::PageOutOfRange { page_max: PAGE_MAX, size_max: PAGE_SIZE_MAX }))
    }
}

/// A text within its bounds, counted in characters, without control characters.
pub(super) fn text(
    field: impl Into<FieldName>,
    value: &str,
    least: usize,
    most: usize,
) -> Result<String, Refusal> {
    let value = value.trim();
    let length = value.chars().count();
    if (least..=most).contains(&length) && !value.chars().any(char::is_control) {
        return Ok(value.to_owned());
    }
    Err(Refusal::new(FieldMessage::TextLength { field: field.into(), least, most }))
}

/// A moment in RFC 3339, such as `2026-11-24T20:00:00+08:00`.
pub(super) fn moment(field: &'static str, value: &str) -> Result<UtcMs, Refusal> {
    let wrong = || Refusal::new(FieldMessage::TimeInvalid { field: field.into() });
    UtcMs::from_rfc3339(value).ok_or_else(wrong)
}

/// A phone number: digits, spaces and hyphens, perhaps with a leading plus.
pub(super) fn phone(field: impl Into<FieldName>, value: &str) -> Result<String, Refusal> {
    let value = value.trim();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let plain = value
        .strip_prefix('+')
        .unwrap_or(value)
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b" -".contains(&byte));
    if plain && digits >= 5 && value.len() <= 20 {
        return Ok(value.to_owned());
    }
    Err(Refusal::new(FieldMessage::PhoneInvalid { field: field.into() }))
}
