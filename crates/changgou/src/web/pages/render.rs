//! Renders pages and sets their security headers.

use std::sync::LazyLock;

use askama::Template;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
    SET_COOKIE, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::super::extractors::LANG_COOKIE;
use super::super::response::ApiProblem;
use super::page_context::PageContext;
use crate::domain::lang::Lang;
use crate::infra::secret::sha256_hex;

pub(super) type PageResult = Result<Response, ApiProblem>;

/// Everything a page loads comes from the shop itself; no inline scripts, no
/// frames, no forms to other sites.
pub(in super::super) const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

/// Part of the URLs of styles, scripts and icons, so that browsers load them again after an update.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all = [
        include_str!("../../../static/shop.css"),
        include_str!("../../../static/shop.js"),
        include_str!("../../../static/icons.svg"),
    ];
    sha256_hex(all.concat().as_bytes())[..10].to_owned()
});

pub(super) fn version() -> &'static str {
    &VERSION
}

/// The page with status 200.
pub(super) fn show(frame: &PageContext, page: &impl Template) -> PageResult {
    show_as(StatusCode::OK, frame, page)
}

pub(super) fn show_as(status: StatusCode, frame: &PageContext, page: &impl Template) -> PageResult {
    let html = page.render().map_err(|error| {
        tracing::error!(%error, "a page could not be rendered");
        ApiProblem::Broken
    })?;
    let mut response = (status, headers(frame.lang), html).into_response();
    if let Some(lang) = frame.asked {
        response.headers_mut().append(SET_COOKIE, remember(lang));
    }
    Ok(response)
}

fn headers(lang: Lang) -> [(HeaderName, HeaderValue); 8] {
    [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_LANGUAGE, lang.code()),
        (VARY, "accept-language, cookie"),
        (CACHE_CONTROL, "private, no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "same-origin"),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)))
}

fn remember(lang: Lang) -> HeaderValue {
    let tag = lang.of("zh", "en");
    let text = format!("{LANG_COOKIE}={tag}; Path=/; Max-Age=31536000; SameSite=Lax");
    HeaderValue::from_str(&text).expect("a tag is two letters")
}

/// Redirects to another page of the shop after a POST.
pub(super) fn see_other(to: &str) -> Response {
    let address = HeaderValue::from_str(&ascii(to)).expect("what is left is visible ASCII");
    (StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response()
}

/// Percent-encodes everything but visible ASCII.
fn ascii(address: &str) -> String {
    let each = address.bytes().map(|byte| {
        if byte.is_ascii_graphic() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    });
    each.collect()
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: &'a PageContext,
    status: u16,
    text: &'a str,
}

/// The page that reports an error.
pub(super) fn problem(frame: &PageContext, status: StatusCode, text: &str) -> Response {
    let page = ProblemPage { frame, status: status.as_u16(), text };
    show_as(status, frame, &page).unwrap_or_else(|_| status.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_other_letters_can_be_sent() {
        assert_eq!(ascii("/?q=茶&page=2"), "/?q=%E8%8C%B6&page=2");
        assert_eq!(see_other("/a\r\nb").headers()[LOCATION], "/a%0D%0Ab");
    }

    #[test]
    fn what_went_wrong_is_text_and_never_markup() {
        let text = "<script>alert(\"1\")</script>";
        let html = ProblemPage { frame: &PageContext::without_request(Lang::Zh), status: 400, text };
        let html = html.render().expect("a page");
        assert!(!html.contains("<script>alert"), "{html}");
    }
}
