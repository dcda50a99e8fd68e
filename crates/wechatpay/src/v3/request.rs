//! Requests as the bytes that go out.

use std::fmt;

use serde::Serialize;

/// The exact JSON of a request that moves something.
///
/// WeChat takes a repeated order as the same one only when nothing in it changed. So store the text
/// before it is sent, and when the outcome is unknown, send the same text again. The signature is not
/// part of it: time and nonce are fresh each time.
#[derive(Clone, PartialEq, Eq)]
pub struct Request(String);

impl Request {
    /// Takes a stored text back, as [`Request::as_str`] gave it.
    pub fn stored(json: String) -> Request {
        Request(json)
    }

    /// The text to store and to send. There is no secret in it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn of(message: &impl Serialize) -> Request {
        Request(serde_json::to_string(message).expect("texts and numbers are always JSON"))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} bytes)", self.0.len())
    }
}
