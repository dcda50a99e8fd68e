//! `/api-docs`: the API described, and a page to try it.

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};

use super::super::pages::POLICY;

/// 本说明 / This description
#[utoipa::path(
    get, path = "/api-docs/openapi.json", operation_id = "openapi", tag = "服务 / Service",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)),
)]
pub(in super::super) async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], super::document()).into_response()
}

/// 试用页面 / The page to try the API
#[utoipa::path(
    get, path = "/api-docs", operation_id = "docsPage", tag = "服务 / Service",
    responses((status = 200, description = "页面 / The page", body = String, content_type = "text/html")),
)]
pub(in super::super) async fn page() -> Response {
    let mut response = Html(include_str!("docs.html")).into_response();
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}
