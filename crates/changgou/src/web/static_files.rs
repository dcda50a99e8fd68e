//! Pictures, styles and scripts, compiled in.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::input::PathText;

include!(concat!(env!("OUT_DIR"), "/statics.rs"));

pub(super) async fn serve(PathText(path): PathText) -> Response {
    let Ok(at) = FILES.binary_search_by_key(&path.as_str(), |(name, _)| name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [(CONTENT_TYPE, media_type(&path)), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, FILES[at].1).into_response()
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("svg") => "image/svg+xml",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("png") => "image/png",
        Some(_) | None => "application/octet-stream",
    }
}
