//! Reading JSON bodies, and error responses.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An error response.
#[derive(Debug)]
pub struct ControlError {
    status: StatusCode,
    word: &'static str,
    message: String,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    message: &'a str,
}

impl ControlError {
    /// `word` is stable and for programs; `message` is for people.
    pub fn new(status: StatusCode, word: &'static str, message: impl Into<String>) -> Self {
        Self { status, word, message: message.into() }
    }

    /// The body is invalid.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// The work failed.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        let value = ErrorBody { error: self.word, message: &self.message };
        (self.status, axum::Json(value)).into_response()
    }
}

/// Parses a body regardless of its content type, so that `curl -d` works. Unknown fields are refused by name. Arrays
/// are refused, because serde would accept one as the fields in order.
pub fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ControlError> {
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(ControlError::bad_request("the body is a JSON object"));
    }
    serde_json::from_slice(body).map_err(|error| ControlError::bad_request(error.to_string()))
}
