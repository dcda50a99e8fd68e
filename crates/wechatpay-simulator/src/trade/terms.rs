//! How an order was placed.

use std::collections::BTreeMap;

use crate::v2::sign::V2SignType;

/// The API version of a request and of its notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiVersion {
    /// XML with this sign type.
    V2(V2SignType),
    /// JSON, signed with this kind of platform key.
    V3(PlatformKeyKind),
}

/// Which platform key signs for a merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlatformKeyKind {
    /// The key of the platform certificate.
    Certificate,
    /// The key with the id `PUB_KEY_ID_…`.
    PublicKey,
}

/// What notices and later calls depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderTerms {
    /// The API version, which decides how notices are signed.
    pub protocol: ApiVersion,
    /// The parameters of the order without the signature. Placing it again must repeat them.
    pub parameters: BTreeMap<String, String>,
}

impl OrderTerms {
    /// Takes the parameters of a request.
    pub fn new(protocol: ApiVersion, parameters: &BTreeMap<String, String>) -> Self {
        let mut parameters = parameters.clone();
        parameters.retain(|name, value| !value.is_empty() && !is_ephemeral(name));
        Self { protocol, parameters }
    }

    /// A parameter that responses and notices return.
    pub fn echo<'a>(&self, name: &'a str) -> Option<(&'a str, String)> {
        self.parameters.get(name).map(|value| (name, value.clone()))
    }
}

fn is_ephemeral(name: &str) -> bool {
    matches!(name, "nonce_str" | "sign" | "sign_type")
}
