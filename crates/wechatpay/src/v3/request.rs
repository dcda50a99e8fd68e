//! Requests in the exact bytes that are sent.

use std::fmt;

use serde::Serialize;

/// The exact JSON of a request that changes something.
///
/// WeChat recognizes a repeated order only if the request is unchanged. So store the text before
/// sending it. If the outcome is unknown, send the same text again. The signature is not part of it:
/// time and nonce are new for each call.
#[derive(Clone, PartialEq, Eq)]
pub struct V3Request(String);

impl V3Request {
    /// Restores a request from the stored text.
    pub fn from_stored(json: String) -> V3Request {
        V3Request(json)
    }

    /// The text to store and to send. It contains no secret.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn from_body(message: &impl Serialize) -> V3Request {
        V3Request(serde_json::to_string(message).expect("texts and numbers are always JSON"))
    }
}

impl fmt::Debug for V3Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "V3Request({} bytes)", self.0.len())
    }
}
