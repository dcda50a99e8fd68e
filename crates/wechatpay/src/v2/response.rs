//! Understanding an answer, and binding it to the question.

use super::err_code::{ErrCode, shown};
use super::fields::{present, prose, required};
use super::{CallError, Doubt, Fields, Merchant, SignType, verify, xml};
use crate::field_error::Fault;

/// The fields of a signed answer to us with `result_code` SUCCESS. What was asked with comes back
/// unchanged, if it comes back.
pub(crate) fn answer(
    bytes: &[u8],
    asked: &[(&'static str, &str)],
    merchant: &Merchant,
    sign_type: SignType,
) -> Result<Fields, CallError> {
    let fields = xml::read(bytes).map_err(Doubt::Xml)?;
    returned(&fields)?;
    verify(&fields, &merchant.api_key, sign_type).map_err(Doubt::Signature)?;
    is_field("appid", required(&fields, "appid")?, &merchant.appid)?;
    is_field("mch_id", required(&fields, "mch_id")?, &merchant.mch_id)?;
    for (name, value) in asked {
        is_field(name, present(&fields, name).unwrap_or(value), value)?;
    }
    resulted(&fields)?;
    Ok(fields)
}

/// Refuses an answer whose field speaks of something other than we asked about.
pub(crate) fn is_field(name: &'static str, theirs: &str, ours: &str) -> Result<(), Doubt> {
    if theirs == ours { Ok(()) } else { Err(Doubt::AnswerForAnother(name)) }
}

fn returned(fields: &Fields) -> Result<(), CallError> {
    match required(fields, "return_code")? {
        "SUCCESS" => Ok(()),
        "FAIL" => Err(CallError::Rejected { return_msg: prose(fields, "return_msg") }),
        _ => Err(Fault::Malformed("return_code").into()),
    }
}

fn resulted(fields: &Fields) -> Result<(), CallError> {
    match required(fields, "result_code")? {
        "SUCCESS" => Ok(()),
        "FAIL" => Err(refused(required(fields, "err_code")?, prose(fields, "err_code_des"))),
        _ => Err(Fault::Malformed("result_code").into()),
    }
}

fn refused(code: &str, message: String) -> CallError {
    let known = ErrCode::from(code);
    if known == ErrCode::SystemError || code == "BIZERR_NEED_RETRY" {
        return Doubt::SystemError(shown(code)).into();
    }
    CallError::Refused { code: known, message }
}
