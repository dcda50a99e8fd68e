//! How a page leaves: rendered, with the headers that keep it to itself.

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
use crate::domain::lang::{Lang, Text};
use crate::infra::secret::sha256_hex;

/// What a page's handler gives back.
pub(super) type PageResult = Result<Response, ApiProblem>;

/// Everything a page needs comes from the shop itself; nothing runs inline,
/// nobody frames it, no form leaves it.
pub(in super::super) const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

/// Names the styles, scripts and signs of this build, so that browsers fetch them anew after an update.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all = [
        include_str!("../../../static/shop.css"),
        include_str!("../../../static/shop.js"),
        include_str!("../../../static/icons.svg"),
    ];
    sha256_hex(all.concat().as_bytes())[..10].to_owned()
});

/// The version in the address of styles, scripts and signs.
pub(super) fn version() -> &'static str {
    &VERSION
}

/// The page, well.
pub(super) fn show(frame: &PageContext, page: &impl Template) -> PageResult {
    show_as(StatusCode::OK, frame, page)
}

/// The page with another status.
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

/// Sends the browser on to another page of ours after a form.
pub(super) fn see_other(to: &str) -> Response {
    let address = HeaderValue::from_str(&ascii(to)).expect("what is left is visible ASCII");
    (StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response()
}

/// An address holds visible ASCII only; all else is percent-encoded.
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

/// A page that says what went wrong.
pub(super) fn problem(lang: Lang, status: StatusCode, text: &Text) -> Response {
    let frame = PageContext::bare(lang);
    let page = ProblemPage { frame: &frame, status: status.as_u16(), text: text.of(lang) };
    show_as(status, &frame, &page).unwrap_or_else(|_| status.into_response())
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
        let text = Text::new("<script>alert(\"1\")</script>", "x");
        let html = ProblemPage { frame: &PageContext::bare(Lang::Zh), status: 400, text: text.of(Lang::Zh) };
        let html = html.render().expect("a page");
        assert!(!html.contains("<script>alert"), "{html}");
    }
}
