//! Reading and refusing.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An answer that is not the wished one.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    word: &'static str,
    message: String,
}

#[derive(Serialize)]
struct Told<'a> {
    error: &'a str,
    message: &'a str,
}

impl Refusal {
    /// A stable word for programs, a sentence for people.
    pub fn new(status: StatusCode, word: &'static str, message: impl Into<String>) -> Self {
        Self { status, word, message: message.into() }
    }

    /// The body is not what it must be.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// The work broke off.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let told = Told { error: self.word, message: &self.message };
        (self.status, axum::Json(told)).into_response()
    }
}

/// Reads a body whatever its content type is, so that `curl -d` is enough. What is unknown is refused by name, and an
/// array, which would be taken for the fields in their order, is no object.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Refusal::bad_request("the body is a JSON object"));
    }
    serde_json::from_slice(body).map_err(|error| Refusal::bad_request(error.to_string()))
}
