//! Responses of API v2: HTTP 200, `text/plain`, XML; signed unless the request could not be read.

use std::borrow::Cow;

use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::error::{MalformedRequest, V2Error};
use super::request::V2IncomingRequest;
use super::sign;
use super::xml::{self, XmlFields};
use crate::random;

/// The fields of a response without the common ones.
pub type ResponseFields = Vec<(Cow<'static, str>, String)>;

/// The result of a call.
pub type V2CallResult = Result<ResponseFields, V2Error>;

/// Builds fields with static names.
pub fn to_fields(fields: Vec<(&'static str, String)>) -> ResponseFields {
    fields.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

/// Builds the fields of a response. The response to a malformed request is not signed.
pub fn compose(request: &V2IncomingRequest, outcome: V2CallResult) -> XmlFields {
    match outcome {
        Ok(fields) => sealed(request, "SUCCESS", fields),
        Err(V2Error::Business(failure)) => {
            let (code, text) = failure.code_and_message();
            let fields = vec![("err_code", code.to_owned()), ("err_code_des", text.to_owned())];
            sealed(request, "FAIL", to_fields(fields))
        }
        Err(V2Error::Malformed(malformed)) => unsigned(&malformed),
    }
}

/// The unsigned response to a malformed request.
pub fn malformed(malformed: &MalformedRequest) -> Response {
    send(&unsigned(malformed))
}

/// Sends fields as WeChat does.
pub fn send(fields: &XmlFields) -> Response {
    ([(header::CONTENT_TYPE, "text/plain")], xml::write(fields)).into_response()
}

fn sealed(request: &V2IncomingRequest, result_code: &str, fields: ResponseFields) -> XmlFields {
    let common = [
        ("return_code", "SUCCESS".to_owned()),
        ("return_msg", "OK".to_owned()),
        ("result_code", result_code.to_owned()),
        ("appid", request.fields["appid"].clone()),
        ("mch_id", request.merchant.mch_id.clone()),
        ("nonce_str", random::alphanumeric(16)),
    ];
    let fields = fields.into_iter().map(|(name, value)| (name.into_owned(), value));
    let common = common.into_iter().map(|(name, value)| (name.to_owned(), value));
    let mut fields: XmlFields = common.chain(fields).collect();
    sign::seal(&mut fields, &request.merchant.api_key, request.sign_type);
    fields
}

fn unsigned(MalformedRequest(text): &MalformedRequest) -> XmlFields {
    let fields = [("return_code", "FAIL"), ("return_msg", text)];
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}
