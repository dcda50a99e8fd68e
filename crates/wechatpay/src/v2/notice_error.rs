//! Why a notice is refused.

use super::{V2SignatureError, XmlError};
use crate::field_error::FieldError;

/// Why a notice is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum V2NoticeError {
    /// The notice is not valid flat XML.
    #[error("the notice cannot be read: {0}")]
    Xml(#[from] XmlError),
    /// The `return_code` is not SUCCESS. Such a notice is not signed and means nothing.
    #[error("the return_code of the notice is not SUCCESS")]
    ReturnFail,
    /// The signature is missing or wrong.
    #[error("the notice cannot be trusted: {0}")]
    Signature(#[from] V2SignatureError),
    /// The notice is for another appid.
    #[error("the notice is for another appid")]
    ForeignAppid,
    /// The notice is for another merchant.
    #[error("the notice is for another merchant")]
    ForeignMerchant,
    /// The content was not encrypted with this merchant's key.
    #[error("the notice cannot be decrypted")]
    Undecryptable,
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

impl V2NoticeError {
    /// A stable name for metrics.
    pub fn label(&self) -> &'static str {
        match self {
            V2NoticeError::Xml(_) => "xml",
            V2NoticeError::ReturnFail => "return_fail",
            V2NoticeError::Signature(V2SignatureError::Missing) => "unsigned",
            V2NoticeError::Signature(V2SignatureError::OtherSignType) => "other_sign_type",
            V2NoticeError::Signature(V2SignatureError::Wrong) => "wrong_signature",
            V2NoticeError::ForeignAppid => "foreign_appid",
            V2NoticeError::ForeignMerchant => "foreign_merchant",
            V2NoticeError::Undecryptable => "undecryptable",
            V2NoticeError::Missing(_) => "missing_field",
            V2NoticeError::Malformed { .. } => "malformed_field",
        }
    }
}

impl From<FieldError> for V2NoticeError {
    fn from(fault: FieldError) -> V2NoticeError {
        match fault {
            FieldError::Missing(name) => V2NoticeError::Missing(name),
            FieldError::Malformed(field) => V2NoticeError::Malformed { field },
        }
    }
}
