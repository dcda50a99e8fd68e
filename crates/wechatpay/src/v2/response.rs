//! Reading a response and checking that it belongs to the request.

use super::err_code::{V2ErrCode, printable_code};
use super::fields::{display_text, non_empty, required};
use super::{Fields, SignType, V2CallError, V2Merchant, V2UnknownReason, verify, xml};
use crate::field_error::FieldError;

/// Reads a signed response with `result_code` SUCCESS. Fields of the request that the response repeats
/// must be unchanged.
pub(crate) fn read_response(
    bytes: &[u8],
    asked: &[(&'static str, &str)],
    merchant: &V2Merchant,
    sign_type: SignType,
) -> Result<Fields, V2CallError> {
    let fields = xml::read(bytes).map_err(V2UnknownReason::Xml)?;
    check_return_code(&fields)?;
    verify(&fields, &merchant.api_key, sign_type).map_err(V2UnknownReason::Signature)?;
    check_field("appid", required(&fields, "appid")?, &merchant.appid)?;
    check_field("mch_id", required(&fields, "mch_id")?, &merchant.mch_id)?;
    for (name, value) in asked {
        check_field(name, non_empty(&fields, name).unwrap_or(value), value)?;
    }
    check_result_code(&fields)?;
    Ok(fields)
}

/// Checks that a field of the response has the value of the request.
pub(crate) fn check_field(name: &'static str, theirs: &str, ours: &str) -> Result<(), V2UnknownReason> {
    if theirs == ours { Ok(()) } else { Err(V2UnknownReason::AnswerForAnother(name)) }
}

fn check_return_code(fields: &Fields) -> Result<(), V2CallError> {
    match required(fields, "return_code")? {
        "SUCCESS" => Ok(()),
        "FAIL" => Err(V2CallError::Rejected { return_msg: display_text(fields, "return_msg") }),
        _ => Err(FieldError::Malformed("return_code").into()),
    }
}

fn check_result_code(fields: &Fields) -> Result<(), V2CallError> {
    match required(fields, "result_code")? {
        "SUCCESS" => Ok(()),
        "FAIL" => Err(refusal_error(required(fields, "err_code")?, display_text(fields, "err_code_des"))),
        _ => Err(FieldError::Malformed("result_code").into()),
    }
}

fn refusal_error(code: &str, message: String) -> V2CallError {
    let known = V2ErrCode::from(code);
    if known == V2ErrCode::SystemError || code == "BIZERR_NEED_RETRY" {
        return V2UnknownReason::SystemError(printable_code(code)).into();
    }
    V2CallError::Refused { code: known, message }
}
