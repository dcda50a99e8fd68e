//! Reading stored requests before they are sent.

use super::fields::non_empty;
use super::{ApiKey, Fields, NotSentReason, SignType, V2Merchant, V2Request, sign, verify, xml};

/// Reads a request that belongs to this merchant and has a valid signature. Any other request could
/// only fail, and its response could not be matched.
pub(crate) fn read_stored_request(
    request: &V2Request,
    merchant: &V2Merchant,
    sign_type: SignType,
) -> Result<Fields, NotSentReason> {
    let fields = xml::read(request.as_str().as_bytes()).map_err(|_| NotSentReason::ForeignRequest)?;
    let ours = non_empty(&fields, "appid") == Some(merchant.appid.as_str())
        && non_empty(&fields, "mch_id") == Some(merchant.mch_id.as_str());
    if !ours {
        return Err(NotSentReason::ForeignRequest);
    }
    verify(&fields, &merchant.api_key, sign_type).map_err(|_| NotSentReason::SignedWithOtherKey)?;
    Ok(fields)
}

/// The unchanged request if this key signed it; otherwise the same parameters signed with this key.
pub(crate) fn signed_with_key(
    request: &V2Request,
    key: &ApiKey,
    sign_type: SignType,
) -> Result<String, NotSentReason> {
    let mut fields = xml::read(request.as_str().as_bytes()).map_err(|_| NotSentReason::ForeignRequest)?;
    let signature = sign(&fields, key, sign_type);
    if non_empty(&fields, "sign") == Some(signature.as_str()) {
        return Ok(request.as_str().to_owned());
    }
    fields.insert("sign".to_owned(), signature);
    Ok(xml::write(&fields))
}

/// A required field. If it is missing, the request is of another kind.
pub(crate) fn stored_field<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, NotSentReason> {
    non_empty(fields, name).ok_or(NotSentReason::ForeignRequest)
}
