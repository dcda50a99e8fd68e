//! Writes answers and refusals in the caller's language: for the API in the
//! envelope of the original shop, for a browser as a page.

use std::panic::AssertUnwindSafe;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, VARY};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::FutureExt;
use serde::Serialize;

use super::extractors::language;
use super::pages;
use super::response::{ApiProblem, ApiSuccess, Unlocalized, broken_text, code};
use super::url::login_page;
use crate::domain::lang::Lang;
use crate::domain::refusal::{Reason, Refusal};

/// The envelope without its last field, `data`.
#[derive(Serialize)]
struct Head<'a> {
    flag: bool,
    code: u32,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// What the text of an answer depends on, taken from the request before its handler consumes it.
pub(super) struct LocalizeContext {
    lang: Lang,
    uri: Uri,
    is_get: bool,
}

impl LocalizeContext {
    pub(super) fn of(request: &Request) -> LocalizeContext {
        let (uri, is_get) = (request.uri().clone(), request.method() == Method::GET);
        LocalizeContext { lang: language(request.headers(), uri.query()), uri, is_get }
    }

    fn is_api(&self) -> bool {
        self.uri.path().starts_with("/api")
    }

    /// The handler's answer. A handler that panics answers 500, and its connection
    /// stays open.
    pub(super) async fn run_catching_panics(&self, request: Request, next: Next) -> Response {
        AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(route = self.uri.path(), "a handler panicked");
            ApiProblem::Broken.into_response()
        })
    }

    /// Gives an answer its text; one that has its text already, such as a page, stays as it is.
    pub(super) fn localize(&self, mut response: Response) -> Response {
        let lang = self.lang;
        let Some(unlocalized) = response.extensions_mut().remove::<Unlocalized>() else {
            return response;
        };
        match unlocalized {
            Unlocalized::Answer(answer) => answered(response, lang, &answer),
            Unlocalized::Refused(refusal) if self.is_api() => refused(response, lang, &refusal),
            Unlocalized::Refused(refusal) if refusal.reason == Reason::LoginRequired => {
                Redirect::to(&login_page(self.page())).into_response()
            }
            Unlocalized::Refused(refusal) => pages::problem(lang, response.status(), &refusal.text(lang)),
            Unlocalized::Broken if self.is_api() => broken(response, lang),
            Unlocalized::Broken => pages::problem(lang, StatusCode::INTERNAL_SERVER_ERROR, broken_text(lang)),
        }
    }

    /// Where to return after logging in: for a form that was posted, the home page.
    fn page(&self) -> &str {
        let page = self.uri.path_and_query().filter(|_| self.is_get);
        page.map_or("/", |page| page.as_str())
    }
}

fn answered(response: Response, lang: Lang, answer: &ApiSuccess) -> Response {
    let message = lang.of(answer.text.0, answer.text.1);
    envelope(response, lang, &Head { flag: true, code: 20000, message, reason: None }, &answer.data)
}

fn refused(mut response: Response, lang: Lang, refusal: &Refusal) -> Response {
    if let Some(seconds) = refusal.retry_after_s {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    let data = refusal.facts.as_ref().map_or_else(|| "null".to_owned(), ToString::to_string);
    let (reason, message) = (refusal.reason, refusal.text(lang));
    metrics::counter!(crate::infra::metrics::REFUSALS, "reason" => reason.word()).increment(1);
    let head = Head { flag: false, code: code(reason), message: &message, reason: Some(reason.word()) };
    envelope(response, lang, &head, &data)
}

fn broken(response: Response, lang: Lang) -> Response {
    let head = Head { flag: false, code: 20001, message: broken_text(lang), reason: Some("internal_error") };
    envelope(response, lang, &head, "null")
}

/// Puts the envelope around `data`, which is JSON already and is not parsed again.
fn envelope(response: Response, lang: Lang, head: &Head<'_>, data: &str) -> Response {
    let mut json = serde_json::to_string(head).expect("an envelope is plain data");
    json.truncate(json.len() - 1);
    let json = [&json, ",\"data\":", data, "}"].concat();
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    parts.headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(lang.code()));
    parts.headers.insert(VARY, HeaderValue::from_static("accept-language"));
    Response::from_parts(parts, Body::from(json))
}
