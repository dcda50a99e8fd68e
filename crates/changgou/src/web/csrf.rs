//! Whether a request that carries the login cookie was made by our own pages.
//! A link or a form on another site sends the cookie too.

use axum::http::header::{HOST, HeaderName, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use crate::domain::message::RequestMessage;
use crate::domain::refusal::Refusal;

static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a request that changes something and comes from another site.
pub(super) fn must_be_ours(parts: &Parts) -> Result<(), Refusal> {
    if is_safe(&parts.method) || is_ours(&parts.headers) {
        return Ok(());
    }
    Err(Refusal::new(RequestMessage::CrossSite))
}

/// Whether browsers send it for any link or picture without asking.
pub(super) fn is_safe(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

/// Browsers name the origin of a request in one of two headers. A request with neither
/// comes from a program, which sends no cookie by accident.
fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match (text(&SEC_FETCH_SITE), text(&ORIGIN)) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text(&HOST)
        }
        (None, None) => true,
    }
}
