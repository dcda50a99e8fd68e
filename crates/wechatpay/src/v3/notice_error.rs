//! Why a notice is refused.

use super::V3SignatureError;
use crate::field_error::FieldError;

/// Why a notice is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum V3NoticeError {
    /// The notice is longer than 64 KiB.
    #[error("the notice is too long")]
    TooLong,
    /// The signature is missing or wrong.
    #[error("the notice cannot be trusted: {0}")]
    Signature(#[from] V3SignatureError),
    /// The notice is not the expected JSON.
    #[error("the notice cannot be read")]
    Json,
    /// The content was not encrypted with this merchant's `APIv3` key, or was changed.
    #[error("the notice cannot be decrypted")]
    Undecryptable,
    /// The event type is unknown.
    #[error("the event type of the notice is unknown")]
    OtherEvent,
    /// The notice is for another appid.
    #[error("the notice is for another appid")]
    ForeignAppid,
    /// The notice is for another merchant.
    #[error("the notice is for another merchant")]
    ForeignMerchant,
    /// A required field is missing.
    #[error("the notice lacks {0}")]
    Missing(&'static str),
    /// A field has an invalid value.
    #[error("the notice has an invalid {field}")]
    Malformed {
        /// The name of the field in the message.
        field: &'static str,
    },
}

impl V3NoticeError {
    /// A stable name for metrics.
    pub fn label(&self) -> &'static str {
        match self {
            V3NoticeError::TooLong => "too_long",
            V3NoticeError::Signature(bad) => signature_label(*bad),
            V3NoticeError::Json => "json",
            V3NoticeError::Undecryptable => "undecryptable",
            V3NoticeError::OtherEvent => "other_event",
            V3NoticeError::ForeignAppid => "foreign_appid",
            V3NoticeError::ForeignMerchant => "foreign_merchant",
            V3NoticeError::Missing(_) => "missing_field",
            V3NoticeError::Malformed { .. } => "malformed_field",
        }
    }
}

fn signature_label(bad: V3SignatureError) -> &'static str {
    match bad {
        V3SignatureError::Missing => "unsigned",
        V3SignatureError::Headers => "malformed_headers",
        V3SignatureError::OtherSchema => "other_sign_type",
        V3SignatureError::Probe => "probe",
        V3SignatureError::Stale => "stale",
        V3SignatureError::UnknownSerial => "unknown_serial",
        V3SignatureError::KeyExpired => "expired_certificate",
        V3SignatureError::Wrong => "wrong_signature",
    }
}

impl From<FieldError> for V3NoticeError {
    fn from(fault: FieldError) -> V3NoticeError {
        match fault {
            FieldError::Missing(name) => V3NoticeError::Missing(name),
            FieldError::Malformed(field) => V3NoticeError::Malformed { field },
        }
    }
}
