//! Puts answers and refusals into words: the caller's language, as the
//! original's envelope for the API and as a page for a browser.

use std::panic::AssertUnwindSafe;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, VARY};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::FutureExt;
use serde::Serialize;
use serde_json::value::RawValue;

use super::answer::{Problem, Unspoken, broken_text, code};
use super::extract::language;
use super::pages;
use crate::values::lang::Lang;
use crate::values::refusal::{Reason, Refusal};

/// The original's envelope, with our word for a refusal.
#[derive(Serialize)]
struct Envelope<'a> {
    flag: bool,
    code: u32,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    data: &'a RawValue,
}

/// The outermost layer: what left a handler without words gets them here.
pub(super) async fn speak(request: Request, next: Next) -> Response {
    let lang = language(request.headers(), request.uri().query());
    let is_api = request.uri().path().starts_with("/api");
    let from = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let seen = request.method() == Method::GET;
    let mut response = next.run(request).await;
    let Some(unspoken) = response.extensions_mut().remove::<Unspoken>() else {
        return response;
    };
    match unspoken {
        Unspoken::Answer(answer) => {
            let (zh, en) = answer.text;
            envelope(
                response,
                lang,
                &Envelope {
                    flag: true,
                    code: 20000,
                    message: lang.of(zh, en),
                    reason: None,
                    data: raw(&answer.data),
                },
            )
        }
        Unspoken::Refused(refusal) if is_api => refused(response, lang, &refusal),
        Unspoken::Refused(refusal) if refusal.reason == Reason::LoginRequired => {
            Redirect::to(&login_page(if seen { &from } else { "/" })).into_response()
        }
        Unspoken::Refused(refusal) => pages::problem(lang, response.status(), &refusal.text),
        Unspoken::Broken if is_api => broken(response, lang),
        Unspoken::Broken => pages::problem(lang, StatusCode::INTERNAL_SERVER_ERROR, &broken_text()),
    }
}

/// A handler that breaks off answers 500 like any other failure of ours; the
/// caller's connection and everybody else's go on.
pub(super) async fn survive(request: Request, next: Next) -> Response {
    let route = request.uri().path().to_owned();
    AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!(route, "a handler broke off");
        Problem::Broken.into_response()
    })
}

fn refused(mut response: Response, lang: Lang, refusal: &Refusal) -> Response {
    if let Some(seconds) = refusal.retry_after_s {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    let facts = refusal.facts.as_ref().map_or_else(|| "null".to_owned(), ToString::to_string);
    let (reason, message) = (refusal.reason, refusal.text.of(lang));
    metrics::counter!("changgou_refusals_total", "reason" => reason.word()).increment(1);
    let data = raw(&facts);
    envelope(
        response,
        lang,
        &Envelope { flag: false, code: code(reason), message, reason: Some(reason.word()), data },
    )
}

fn broken(response: Response, lang: Lang) -> Response {
    let text = broken_text();
    let (message, data) = (text.of(lang), raw("null"));
    envelope(
        response,
        lang,
        &Envelope { flag: false, code: 20001, message, reason: Some("internal_error"), data },
    )
}

fn raw(json: &str) -> &RawValue {
    serde_json::from_str(json).expect("it was made by the same library")
}

fn envelope(response: Response, lang: Lang, envelope: &Envelope<'_>) -> Response {
    let json = serde_json::to_string(envelope).expect("an envelope is plain data");
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    parts.headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(lang.code()));
    parts.headers.insert(VARY, HeaderValue::from_static("accept-language"));
    Response::from_parts(parts, Body::from(json))
}

/// The login page that returns to `from`.
pub(super) fn login_page(from: &str) -> String {
    format!("/login?FROM={}", percent_encoded(from))
}

/// A text as it may stand in a query.
pub(super) fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let each = text
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    each.collect()
}
