//! How an order was placed.

use std::collections::BTreeMap;

use crate::v2::sign::SignType;

/// The language in which the merchant asked, and in which he is notified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// XML, signed like this.
    V2(SignType),
    /// JSON, signed with this key of the platform's.
    V3(KeyKind),
}

/// Which of the platform's keys signs for a merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// The platform certificate's.
    Certificate,
    /// The one behind `PUB_KEY_ID_…`.
    PublicKey,
}

/// What notices and later calls must keep to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Signs the notices.
    pub protocol: Protocol,
    /// The order's parameters without those of the signature: placing it again must repeat them.
    pub parameters: BTreeMap<String, String>,
}

impl Terms {
    /// Of a request.
    pub fn new(protocol: Protocol, parameters: &BTreeMap<String, String>) -> Self {
        let mut parameters = parameters.clone();
        parameters.retain(|name, value| !value.is_empty() && !is_ephemeral(name));
        Self { protocol, parameters }
    }

    /// A parameter that answers and notices echo.
    pub fn echo<'a>(&self, name: &'a str) -> Option<(&'a str, String)> {
        self.parameters.get(name).map(|value| (name, value.clone()))
    }
}

fn is_ephemeral(name: &str) -> bool {
    matches!(name, "nonce_str" | "sign" | "sign_type")
}
