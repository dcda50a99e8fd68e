//! Why a call of API v2 fails.

use crate::business_error::BusinessError;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum V2Error {
    /// The request is malformed.
    Malformed(MalformedRequest),
    /// `result_code` FAIL with an `err_code`. Signed.
    Business(BusinessError),
}

/// `return_code` FAIL with this `return_msg`, unsigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MalformedRequest(pub String);

impl MalformedRequest {
    /// A malformed request with this message.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// A required field is missing.
    pub fn lacks(name: &str) -> Self {
        Self(format!("缺少参数 {name}"))
    }

    /// A field is invalid.
    pub fn invalid(name: &str) -> Self {
        Self(format!("invalid {name}"))
    }
}

impl From<MalformedRequest> for V2Error {
    fn from(malformed: MalformedRequest) -> Self {
        Self::Malformed(malformed)
    }
}

impl From<BusinessError> for V2Error {
    fn from(failure: BusinessError) -> Self {
        Self::Business(failure)
    }
}
