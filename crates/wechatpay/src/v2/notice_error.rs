//! How a notice fails to prove itself.

use super::{BadSignature, XmlError};
use crate::field_error::Fault;

/// Why a notice is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// It is not in the flat dialect.
    #[error("the notice cannot be read: {0}")]
    Xml(#[from] XmlError),
    /// Its `return_code` is not SUCCESS; such messages are unsigned and say nothing.
    #[error("the notice says that it failed")]
    ReturnFail,
    /// It is not signed as agreed.
    #[error("the notice cannot be trusted: {0}")]
    Signature(#[from] BadSignature),
    /// It is for another app.
    #[error("the notice is for another appid")]
    ForeignAppid,
    /// It is for another merchant.
    #[error("the notice is for another merchant")]
    ForeignMerchant,
    /// Its content was not encrypted with this merchant's key.
    #[error("the notice cannot be decrypted")]
    Undecryptable,
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
            NoticeError::Xml(_) => "xml",
            NoticeError::ReturnFail => "return_fail",
            NoticeError::Signature(BadSignature::Missing) => "unsigned",
            NoticeError::Signature(BadSignature::OtherSignType) => "other_sign_type",
            NoticeError::Signature(BadSignature::Wrong) => "wrong_signature",
            NoticeError::ForeignAppid => "foreign_appid",
            NoticeError::ForeignMerchant => "foreign_merchant",
            NoticeError::Undecryptable => "undecryptable",
            NoticeError::Missing(_) => "missing_field",
            NoticeError::Malformed { .. } => "malformed_field",
        }
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
