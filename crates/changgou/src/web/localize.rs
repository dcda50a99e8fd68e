//! Writes answers and refusals in the caller's language: for the API in the
//! envelope of the original shop, for a browser as a page.

use std::panic::AssertUnwindSafe;

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{ALLOW, CONNECTION, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::FutureExt;
use serde::Serialize;
use tokio::time::timeout;

use super::WebState;
use super::extractors::language;
use super::pages;
use super::response::{ApiProblem, ApiSuccess, Unlocalized, broken_text, code};
use super::url::login_page;
use crate::domain::lang::Lang;
use crate::domain::message::SystemMessage;
use crate::domain::refusal::{Reason, Refusal};

/// When a caller may try again whose request took too long.
const RETRY_AFTER_S: u64 = 5;

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
    /// For a page, whose header shows the login and the cart.
    page: Option<Box<Parts>>,
}

impl LocalizeContext {
    pub(super) fn of(request: &Request) -> LocalizeContext {
        let (uri, is_get) = (request.uri().clone(), request.method() == Method::GET);
        let page = is_page(uri.path()).then(|| Box::new(copied_head(request)));
        LocalizeContext { lang: language(request.headers(), uri.query()), uri, is_get, page }
    }

    fn is_api(&self) -> bool {
        self.uri.path().starts_with("/api")
    }

    /// The handler's answer. A handler that panics answers 500, and its connection
    /// stays open. One that takes too long is given up; what it has handed to the database
    /// may still be done.
    pub(super) async fn run(&self, web: &WebState, request: Request, next: Next) -> Response {
        let route = request.extensions().get::<MatchedPath>().cloned();
        let run = AssertUnwindSafe(next.run(request)).catch_unwind();
        let route = route.as_ref().map_or("none", MatchedPath::as_str);
        match timeout(web.app.settings.http.handler, run).await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => {
                tracing::error!(route, "a handler panicked");
                ApiProblem::Broken.into_response()
            }
            Err(_) => {
                tracing::error!(route, "a handler took too long");
                self.given_up().into_response()
            }
        }
    }

    fn given_up(&self) -> ApiProblem {
        let message = if self.is_get { SystemMessage::Busy } else { SystemMessage::OutcomeUnknown };
        Refusal::new(message).retry_after(RETRY_AFTER_S).into()
    }

    /// Gives an answer its text; one that has its text already, such as a page, stays as it is.
    pub(super) async fn localize(self, web: &WebState, mut response: Response) -> Response {
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
            Unlocalized::Refused(refusal) => {
                let (parts, _) = response.into_parts();
                // Boxed, or every request would carry the room that this page needs.
                Box::pin(self.refused_page(web, parts.status, &parts.headers, &refusal)).await
            }
            Unlocalized::Broken if self.is_api() => broken(response, lang),
            Unlocalized::Broken => pages::broken(lang, broken_text(lang)),
        }
    }

    async fn refused_page(
        self,
        web: &WebState,
        status: StatusCode,
        headers: &HeaderMap,
        refusal: &Refusal,
    ) -> Response {
        let text = refusal.text(self.lang);
        let mut page = pages::problem(web, self.lang, self.page.map(|page| *page), status, &text).await;
        if let Some(seconds) = refusal.retry_after_s {
            page.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        for name in [ALLOW, CONNECTION] {
            if let Some(value) = headers.get(&name) {
                page.headers_mut().insert(name, value.clone());
            }
        }
        page
    }

    /// Where to return after logging in: for a form that was posted, the home page.
    fn page(&self) -> &str {
        let page = self.uri.path_and_query().filter(|_| self.is_get);
        page.map_or("/", |page| page.as_str())
    }
}

/// Whether a path is of the pages, as far as their refusals go.
fn is_page(path: &str) -> bool {
    !["/api", "/static", "/healthz", "/readyz", "/metrics"].iter().any(|other| path.starts_with(other))
}

/// The head of the request as a page reads it.
fn copied_head(request: &Request) -> Parts {
    let (mut parts, ()) = axum::http::Request::new(()).into_parts();
    parts.method = request.method().clone();
    parts.uri = request.uri().clone();
    parts.headers = request.headers().clone();
    parts
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
