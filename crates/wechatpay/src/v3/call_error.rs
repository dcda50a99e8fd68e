//! How a call can go wrong, sorted by what the caller may conclude.

use super::{BadField, BadSignature, ErrCode, Unsent};
use crate::field_error::Fault;
use crate::transport::Broken;

/// A call that did not succeed.
///
/// What it says holds for this one call: an earlier one with the same bytes may have taken effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// WeChat refused with a 4xx status and a code: the call took no effect. Such answers are not
    /// signed; what stands for them is the TLS connection.
    #[error("WeChat refused ({status}): {code}: {message}")]
    Refused {
        /// The HTTP status: 400, 401, 403 or 404, rarely another 4xx.
        status: u16,
        /// The `code`.
        code: ErrCode,
        /// WeChat's words, at most 256 characters; for people, never to branch on.
        message: String,
    },
    /// The call may have taken effect. Ask again with the same bytes, or query.
    #[error("the outcome is unknown: {0}")]
    Unknown(#[from] Doubt),
    /// Nothing was sent: the call took no effect.
    #[error("the call was not sent: {0}")]
    NotSent(#[from] Unsent),
}

impl CallError {
    /// Whether WeChat may have acted on the call. False only where that is ruled out.
    pub fn may_have_taken_effect(&self) -> bool {
        match self {
            CallError::Unknown(_) => true,
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
    /// A status that says nothing: a redirect, a 4xx without a code, a 2xx that does not belong here.
    #[error("HTTP status {0}")]
    Status(u16),
    /// 202: WeChat is at it. The same request is to be sent again.
    #[error("WeChat is still at it")]
    Accepted,
    /// 429, or a code that says so: too many calls. For a refund, query before asking again.
    #[error("too many calls: {0}")]
    TooMany(String),
    /// A 5xx status or a code that says so: WeChat does not know itself.
    #[error("WeChat does not know either: {0}")]
    SystemError(String),
    /// The answer was longer than 1 MiB.
    #[error("the answer was too long")]
    TooLong,
    /// The answer is not the JSON that was agreed.
    #[error("the answer cannot be read")]
    Json,
    /// The answer is not signed as agreed.
    #[error("the answer cannot be trusted: {0}")]
    Signature(#[from] BadSignature),
    /// A certificate in the answer cannot be decrypted or read; usually the `APIv3` key is wrong.
    #[error("a certificate cannot be decrypted or read")]
    Certificate,
    /// The answer is well signed, but for another appid, merchant, order or refund.
    #[error("answer for another {0}")]
    AnswerForAnother(&'static str),
    /// The answer lacks this field.
    #[error("the answer lacks {0}")]
    Missing(&'static str),
    /// The answer has a value in this field that cannot be.
    #[error("the answer has an impossible {0}")]
    Malformed(&'static str),
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

impl From<Broken> for CallError {
    fn from(broken: Broken) -> CallError {
        match broken {
            Broken::Connect(why) => Unsent::Connect(why).into(),
            Broken::Build(why) => Unsent::Build(why).into(),
            Broken::Timeout => Doubt::Timeout.into(),
            Broken::Lost(why) => Doubt::Lost(why).into(),
            Broken::TooLong => Doubt::TooLong.into(),
        }
    }
}
