//! The errors of a call, grouped by what the caller may conclude.

use super::{InvalidField, NotSentReason, V3ErrCode, V3SignatureError};
use crate::field_error::FieldError;
use crate::transport::TransportError;

/// A call failed.
///
/// The error describes this one call: an earlier call with the same bytes may have taken effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum V3CallError {
    /// WeChat refused with a 4xx status and a code: the call took no effect. Such a response is not
    /// signed; only the TLS connection vouches for it.
    #[error("WeChat refused ({status}): {code}: {message}")]
    Refused {
        /// The HTTP status: 400, 401, 403 or 404, rarely another 4xx.
        status: u16,
        /// The `code`.
        code: V3ErrCode,
        /// WeChat's message, at most 256 characters. Show it, but do not branch on it.
        message: String,
    },
    /// The call may have taken effect. Repeat it with the same bytes, or query.
    #[error("the outcome is unknown: {0}")]
    Unknown(#[from] V3UnknownReason),
    /// Nothing was sent: the call took no effect.
    #[error("the call was not sent: {0}")]
    NotSent(#[from] NotSentReason),
}

impl V3CallError {
    /// Whether the call may have taken effect. `false` only if that is impossible.
    pub fn may_have_taken_effect(&self) -> bool {
        match self {
            V3CallError::Unknown(_) => true,
            V3CallError::Refused { .. } | V3CallError::NotSent(_) => false,
        }
    }
}

/// Why the outcome of a call is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum V3UnknownReason {
    /// No complete response arrived in time.
    #[error("no response in time")]
    Timeout,
    /// The connection was lost after data may have been sent.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// A status without meaning here: a redirect, a 4xx without a code, an unexpected 2xx.
    #[error("HTTP status {0}")]
    Status(u16),
    /// 202: WeChat is processing the request. Send the same request again.
    #[error("WeChat is still processing the request")]
    Accepted,
    /// 429 or an equivalent code: too many calls. Query a refund before repeating it.
    #[error("too many calls: {0}")]
    TooMany(String),
    /// A 5xx status or an equivalent code: WeChat does not know the outcome.
    #[error("WeChat does not know the outcome: {0}")]
    SystemError(String),
    /// The response is longer than 1 MiB.
    #[error("the response is too long")]
    TooLong,
    /// The response is not the expected JSON.
    #[error("the response cannot be read")]
    Json,
    /// The signature of the response is missing or wrong.
    #[error("the response cannot be trusted: {0}")]
    Signature(#[from] V3SignatureError),
    /// A certificate in the response cannot be decrypted or read, usually because the `APIv3` key is
    /// wrong.
    #[error("a certificate cannot be decrypted or read")]
    Certificate,
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
}

impl From<InvalidField> for V3CallError {
    fn from(bad: InvalidField) -> V3CallError {
        V3CallError::NotSent(bad.into())
    }
}

impl From<FieldError> for V3CallError {
    fn from(fault: FieldError) -> V3CallError {
        V3CallError::Unknown(match fault {
            FieldError::Missing(name) => V3UnknownReason::Missing(name),
            FieldError::Malformed(name) => V3UnknownReason::Malformed(name),
        })
    }
}

impl From<TransportError> for V3CallError {
    fn from(broken: TransportError) -> V3CallError {
        match broken {
            TransportError::Connect(why) => NotSentReason::Connect(why).into(),
            TransportError::Build(why) => NotSentReason::Build(why).into(),
            TransportError::Timeout => V3UnknownReason::Timeout.into(),
            TransportError::Lost(why) => V3UnknownReason::Lost(why).into(),
            TransportError::TooLong => V3UnknownReason::TooLong.into(),
        }
    }
}
