//! `/api-docs`: the API described, and a page to try it.

use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse, Response};

/// OpenAPI 3.1.
pub(in super::super) async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], include_str!("openapi.json")).into_response()
}

/// A page that reads the description and sends requests.
pub(in super::super) async fn page() -> Html<&'static str> {
    Html(include_str!("docs.html"))
}
