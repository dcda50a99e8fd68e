//! How a call can go wrong, sorted by what the caller may conclude.

use super::{BadField, BadSignature, ErrCode, XmlError};
use crate::field_error::Fault;

/// A call that did not succeed.
///
/// What it says holds for this one call: an earlier one with the same bytes may have taken effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// WeChat refused in a signed answer: the call took no effect.
    #[error("WeChat refused: {code}: {message}")]
    Refused {
        /// The `err_code`.
        code: ErrCode,
        /// WeChat's words, at most 128 characters; for people, never to branch on.
        message: String,
    },
    /// The call may have taken effect. Ask again with the same bytes, or query.
    #[error("the outcome is unknown: {0}")]
    Unknown(#[from] Doubt),
    /// Nothing was sent: the call took no effect.
    #[error("the call was not sent: {0}")]
    NotSent(#[from] Unsent),
    /// WeChat failed the message as a whole (`return_code` FAIL). Such answers are unsigned, so they
    /// prove nothing, although the usual cause is a message of ours that was not well-formed.
    #[error("WeChat rejected the message: {return_msg}")]
    Rejected {
        /// WeChat's words, at most 128 characters; for people, never to branch on.
        return_msg: String,
    },
}

impl CallError {
    /// Whether WeChat may have acted on the call. False only where that is proven.
    pub fn may_have_taken_effect(&self) -> bool {
        match self {
            CallError::Unknown(_) | CallError::Rejected { .. } => true,
            CallError::Refused { .. } | CallError::NotSent(_) => false,
        }
    }
}

/// Why an outcome is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// No whole answer came in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection was lost after something may have been sent.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// An HTTP status other than 200; redirects are not followed.
    #[error("HTTP status {0}")]
    Status(u16),
    /// The answer was longer than 1 MiB.
    #[error("the answer was too long")]
    TooLong,
    /// The answer is not in the flat dialect.
    #[error("the answer cannot be read: {0}")]
    Xml(#[from] XmlError),
    /// The answer is not signed as agreed.
    #[error("the answer cannot be trusted: {0}")]
    Signature(#[from] BadSignature),
    /// The answer is well signed, but for another appid, merchant, order or kind of trade.
    #[error("answer for another {0}")]
    AnswerForAnother(&'static str),
    /// The answer lacks this field.
    #[error("the answer lacks {0}")]
    Missing(&'static str),
    /// The answer has a value in this field that cannot be.
    #[error("the answer has an impossible {0}")]
    Malformed(&'static str),
    /// WeChat answered SYSTEMERROR, or `BIZERR_NEED_RETRY`: it does not know itself.
    #[error("WeChat does not know either: {0}")]
    SystemError(String),
}

/// Why a call was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// No connection could be made.
    #[error("no connection: {0}")]
    Connect(String),
    /// The HTTP request could not be built.
    #[error("no HTTP request: {0}")]
    Build(String),
    /// A field must not be sent as it is.
    #[error(transparent)]
    Field(#[from] BadField),
    /// No [`MoneyOut`](super::MoneyOut) was given for a call that needs it.
    #[error("no way for money out was given")]
    NoMoneyOut,
    /// The stored request is not one of this merchant's.
    #[error("the stored request is not ours")]
    NotOurRequest,
    /// The stored request was signed with another key or sign type, or changed since.
    #[error("the stored request is not signed with our key")]
    OtherKey,
}

impl From<BadField> for CallError {
    fn from(bad: BadField) -> CallError {
        CallError::NotSent(bad.into())
    }
}

impl From<Fault> for CallError {
    fn from(fault: Fault) -> CallError {
        CallError::Unknown(match fault {
            Fault::Missing(name) => Doubt::Missing(name),
            Fault::Malformed(name) => Doubt::Malformed(name),
        })
    }
}
