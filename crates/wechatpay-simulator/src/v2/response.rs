//! Answers: HTTP 200, `text/plain`, XML; signed unless the request itself could not be read.

use std::borrow::Cow;

use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::request::Request;
use super::sign;
use super::xml::{self, Fields};
pub use crate::business_error::Failure;
use crate::random;

/// Why a call did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The request is not one.
    Malformed(Malformed),
    /// `result_code` FAIL with an `err_code`. Signed.
    Business(Failure),
}

/// `return_code` FAIL with this `return_msg`, unsigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(pub String);

impl Malformed {
    /// With this text.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// A required field is missing.
    pub fn lacks(name: &str) -> Self {
        Self(format!("缺少参数 {name}"))
    }

    /// A field is not what it must be.
    pub fn invalid(name: &str) -> Self {
        Self(format!("invalid {name}"))
    }
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Business(failure)
    }
}

/// A call's own fields, without the common ones.
pub type Told = Vec<(Cow<'static, str>, String)>;

/// What a call answers with when it did what was asked.
pub type Outcome = Result<Told, Refusal>;

/// Fields whose names are known beforehand.
pub fn own(fields: Vec<(&'static str, String)>) -> Told {
    fields.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

/// The answer's fields, signed for who asked; a malformed request's unsigned.
pub fn compose(request: &Request, outcome: Outcome) -> Fields {
    match outcome {
        Ok(told) => sealed(request, "SUCCESS", told),
        Err(Refusal::Business(failure)) => {
            let (code, text) = failure.told();
            let told = vec![("err_code", code.to_owned()), ("err_code_des", text.to_owned())];
            sealed(request, "FAIL", own(told))
        }
        Err(Refusal::Malformed(malformed)) => unsigned(&malformed),
    }
}

/// The unsigned answer to what could not be read.
pub fn malformed(malformed: &Malformed) -> Response {
    send(&unsigned(malformed))
}

/// As WeChat sends it.
pub fn send(fields: &Fields) -> Response {
    ([(header::CONTENT_TYPE, "text/plain")], xml::write(fields)).into_response()
}

fn sealed(request: &Request, result_code: &str, told: Told) -> Fields {
    let common = [
        ("return_code", "SUCCESS".to_owned()),
        ("return_msg", "OK".to_owned()),
        ("result_code", result_code.to_owned()),
        ("appid", request.fields["appid"].clone()),
        ("mch_id", request.merchant.mch_id.clone()),
        ("nonce_str", random::alphanumeric(16)),
    ];
    let told = told.into_iter().map(|(name, value)| (name.into_owned(), value));
    let common = common.into_iter().map(|(name, value)| (name.to_owned(), value));
    let mut fields: Fields = common.chain(told).collect();
    sign::seal(&mut fields, &request.merchant.api_key, request.sign_type);
    fields
}

fn unsigned(Malformed(text): &Malformed) -> Fields {
    let fields = [("return_code", "FAIL"), ("return_msg", text)];
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}
