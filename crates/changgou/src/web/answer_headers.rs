//! Headers that every answer has. An answer that does not say how long it may be kept may
//! be about the caller, so nobody keeps it.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::infra::settings::Settings;

const NO_STORE: HeaderValue = HeaderValue::from_static("private, no-store");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// A year; only for a shop whose URL is https.
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

static PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// What no page of the shop uses.
const NO_DEVICES: HeaderValue =
    HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()");

pub(super) fn complete(headers: &mut HeaderMap, settings: &Settings) {
    headers.entry(CACHE_CONTROL).or_insert(NO_STORE);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
        headers.insert(PERMISSIONS_POLICY.clone(), NO_DEVICES);
    }
    if settings.is_https() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
}
