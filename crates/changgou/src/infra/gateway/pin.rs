//! The signature a payment is pinned to. A notice cannot choose a weaker one,
//! nor another API.

use wechatpay::v2::SignType;
use wechatpay::v3::SCHEMA;

use crate::infra::settings::{Protocol, Settings};

/// A signature, read.
pub(super) enum SignaturePin {
    /// API v2, by this one.
    V2(SignType),
    /// API v3, which has one.
    V3,
}

impl SignaturePin {
    /// What a stored word means; nothing for one that was never written.
    pub(super) fn read(pinned: &str) -> Option<SignaturePin> {
        match pinned {
            SCHEMA => Some(SignaturePin::V3),
            word => word.parse().ok().map(SignaturePin::V2),
        }
    }
}

/// The word new payments are pinned by.
pub(super) fn of_new(settings: &Settings) -> &str {
    match settings.wechat_protocol {
        Protocol::V2 => &settings.wechat_sign_type,
        Protocol::V3 => SCHEMA,
    }
}

/// The API a signature belongs to.
pub fn protocol_of(pinned: &str) -> Protocol {
    if pinned == SCHEMA { Protocol::V3 } else { Protocol::V2 }
}
