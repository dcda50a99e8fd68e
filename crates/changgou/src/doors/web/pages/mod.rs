//! The pages: server-rendered, usable without JavaScript, in two languages.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Web;
use crate::values::lang::{Lang, Text};

/// The routes of all pages.
pub(super) fn routes() -> Router<Web> {
    Router::new()
}

/// A page that says what went wrong.
pub(super) fn problem(lang: Lang, status: StatusCode, text: &Text) -> Response {
    (status, text.of(lang).to_owned()).into_response()
}
