//! How a notice fails to prove itself.

use super::BadSignature;
use crate::field_error::Fault;

/// Why a notice is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// It has more than 64 KiB.
    #[error("the notice is too long")]
    TooLong,
    /// It is not signed as agreed.
    #[error("the notice cannot be trusted: {0}")]
    Signature(#[from] BadSignature),
    /// It is not the JSON that was agreed.
    #[error("the notice cannot be read")]
    Json,
    /// Its content was not encrypted with this merchant's `APIv3` key, or was changed.
    #[error("the notice cannot be decrypted")]
    Undecryptable,
    /// It tells of something this crate does not know.
    #[error("the notice tells of something else")]
    OtherEvent,
    /// It is for another app.
    #[error("the notice is for another appid")]
    ForeignAppid,
    /// It is for another merchant.
    #[error("the notice is for another merchant")]
    ForeignMerchant,
    /// It lacks this field.
    #[error("the notice lacks {0}")]
    Missing(&'static str),
    /// It has a value that cannot be.
    #[error("the notice has an impossible {field}")]
    Malformed {
        /// The field's name on the wire.
        field: &'static str,
    },
}

impl NoticeError {
    /// A stable name for metrics.
    pub fn label(&self) -> &'static str {
        match self {
            NoticeError::TooLong => "too_long",
            NoticeError::Signature(bad) => signature_label(*bad),
            NoticeError::Json => "json",
            NoticeError::Undecryptable => "undecryptable",
            NoticeError::OtherEvent => "other_event",
            NoticeError::ForeignAppid => "foreign_appid",
            NoticeError::ForeignMerchant => "foreign_merchant",
            NoticeError::Missing(_) => "missing_field",
            NoticeError::Malformed { .. } => "malformed_field",
        }
    }
}

fn signature_label(bad: BadSignature) -> &'static str {
    match bad {
        BadSignature::Missing => "unsigned",
        BadSignature::Headers => "malformed_headers",
        BadSignature::OtherSchema => "other_sign_type",
        BadSignature::Probe => "probe",
        BadSignature::Stale => "stale",
        BadSignature::UnknownSerial => "unknown_serial",
        BadSignature::KeyExpired => "expired_certificate",
        BadSignature::Wrong => "wrong_signature",
    }
}

impl From<Fault> for NoticeError {
    fn from(fault: Fault) -> NoticeError {
        match fault {
            Fault::Missing(name) => NoticeError::Missing(name),
            Fault::Malformed(field) => NoticeError::Malformed { field },
        }
    }
}
