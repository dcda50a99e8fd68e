//! How an order was placed under API v2.

use super::sign::SignType;
use super::xml::Fields;

/// What notices and later calls must keep to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Signs the notices.
    pub sign_type: SignType,
    /// The order's parameters without `nonce_str`, `sign` and `sign_type`: placing it again must repeat them.
    pub parameters: Fields,
}

impl Terms {
    /// Of a request.
    pub fn new(sign_type: SignType, fields: &Fields) -> Self {
        let mut parameters = fields.clone();
        parameters.retain(|name, value| !value.is_empty() && !is_ephemeral(name));
        Self { sign_type, parameters }
    }

    /// A parameter that answers and notices echo.
    pub fn echo<'a>(&self, name: &'a str) -> Option<(&'a str, String)> {
        self.parameters.get(name).map(|value| (name, value.clone()))
    }
}

fn is_ephemeral(name: &str) -> bool {
    matches!(name, "nonce_str" | "sign" | "sign_type")
}
