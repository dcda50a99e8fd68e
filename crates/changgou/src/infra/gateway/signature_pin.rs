//! The signature type that a payment is pinned to. A notice cannot choose a weaker one or another API.

use wechatpay::v2::SignType;
use wechatpay::v3::SCHEMA;

use crate::infra::settings::{Protocol, Settings};

pub(super) enum SignaturePin {
    V2(SignType),
    /// API v3 has only one signature type.
    V3,
}

impl SignaturePin {
    /// `None` for an unknown word.
    pub(super) fn parse(pinned: &str) -> Option<SignaturePin> {
        match pinned {
            SCHEMA => Some(SignaturePin::V3),
            word => word.parse().ok().map(SignaturePin::V2),
        }
    }
}

pub(super) fn sign_type_for_new_payments(settings: &Settings) -> &str {
    match settings.wechat_protocol {
        Protocol::V2 => &settings.wechat_sign_type,
        Protocol::V3 => SCHEMA,
    }
}

/// The API of a signature type.
pub fn protocol_for(pinned: &str) -> Protocol {
    if pinned == SCHEMA { Protocol::V3 } else { Protocol::V2 }
}
