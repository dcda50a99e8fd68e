//! The errors of a call, grouped by what the caller may conclude.

use super::{InvalidField, V2ErrCode, V2SignatureError, XmlError};
use crate::field_error::FieldError;

/// A call failed.
///
/// The error describes this one call: an earlier call with the same bytes may have taken effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum V2CallError {
    /// WeChat refused in a signed response: the call took no effect.
    #[error("WeChat refused: {code}: {message}")]
    Refused {
        /// The `err_code`.
        code: V2ErrCode,
        /// WeChat's message, at most 128 characters. Show it, but do not branch on it.
        message: String,
    },
    /// The call may have taken effect. Repeat it with the same bytes, or query.
    #[error("the outcome is unknown: {0}")]
    Unknown(#[from] V2UnknownReason),
    /// Nothing was sent: the call took no effect.
    #[error("the call was not sent: {0}")]
    NotSent(#[from] NotSentReason),
    /// WeChat rejected the whole message (`return_code` FAIL). Such a response is not signed and proves
    /// nothing, although the usual cause is a malformed request.
    #[error("WeChat rejected the message: {return_msg}")]
    Rejected {
        /// WeChat's message, at most 128 characters. Show it, but do not branch on it.
        return_msg: String,
    },
}

impl V2CallError {
    /// Whether the call may have taken effect. `false` only if that is impossible.
    pub fn may_have_taken_effect(&self) -> bool {
        match self {
            V2CallError::Unknown(_) | V2CallError::Rejected { .. } => true,
            V2CallError::Refused { .. } | V2CallError::NotSent(_) => false,
        }
    }
}

/// Why the outcome of a call is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum V2UnknownReason {
    /// No complete response arrived in time.
    #[error("no response in time")]
    Timeout,
    /// The connection was lost after data may have been sent.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// An HTTP status other than 200; redirects are not followed.
    #[error("HTTP status {0}")]
    Status(u16),
    /// The response is longer than 1 MiB.
    #[error("the response is too long")]
    TooLong,
    /// The response is not valid flat XML.
    #[error("the response cannot be read: {0}")]
    Xml(#[from] XmlError),
    /// The signature of the response is missing or wrong.
    #[error("the response cannot be trusted: {0}")]
    Signature(#[from] V2SignatureError),
    /// The response is correctly signed, but belongs to another appid, merchant, order or kind of
    /// trade.
    #[error("the response is for another {0}")]
    AnswerForAnother(&'static str),
    /// A required field is missing in the response.
    #[error("the response lacks {0}")]
    Missing(&'static str),
    /// A field of the response has an invalid value.
    #[error("the response has an invalid {0}")]
    Malformed(&'static str),
    /// WeChat answered SYSTEMERROR or `BIZERR_NEED_RETRY`: it does not know the outcome.
    #[error("WeChat does not know the outcome: {0}")]
    SystemError(String),
}

/// Why a call was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSentReason {
    /// No connection could be made.
    #[error("no connection: {0}")]
    Connect(String),
    /// The HTTP request cannot be built.
    #[error("cannot build the HTTP request: {0}")]
    Build(String),
    /// A field has a value that must not be sent.
    #[error(transparent)]
    Field(#[from] InvalidField),
    /// The call needs a [`MutualTls`](super::MutualTls) configuration, and none was given.
    #[error("this call needs mutual TLS, which is not configured")]
    NoMutualTls,
    /// The stored request does not belong to this merchant.
    #[error("the stored request belongs to another merchant")]
    ForeignRequest,
    /// The stored request was signed with another key or sign type, or was changed since.
    #[error("the stored request is signed with another key")]
    SignedWithOtherKey,
}

impl From<InvalidField> for V2CallError {
    fn from(bad: InvalidField) -> V2CallError {
        V2CallError::NotSent(bad.into())
    }
}

impl From<FieldError> for V2CallError {
    fn from(fault: FieldError) -> V2CallError {
        V2CallError::Unknown(match fault {
            FieldError::Missing(name) => V2UnknownReason::Missing(name),
            FieldError::Malformed(name) => V2UnknownReason::Malformed(name),
        })
    }
}
