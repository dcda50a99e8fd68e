//! Reading our own stored requests back before they are sent.

use super::fields::present;
use super::{ApiKey, Fields, Merchant, Request, SignType, Unsent, sign, verify, xml};

/// The fields of a request that is this merchant's and signed as agreed. Sending any other could
/// only fail, and its answer could not be told from one about something else.
pub(crate) fn our_fields(
    request: &Request,
    merchant: &Merchant,
    sign_type: SignType,
) -> Result<Fields, Unsent> {
    let fields = xml::read(request.as_str().as_bytes()).map_err(|_| Unsent::NotOurRequest)?;
    let ours = present(&fields, "appid") == Some(merchant.appid.as_str())
        && present(&fields, "mch_id") == Some(merchant.mch_id.as_str());
    if !ours {
        return Err(Unsent::NotOurRequest);
    }
    verify(&fields, &merchant.api_key, sign_type).map_err(|_| Unsent::OtherKey)?;
    Ok(fields)
}

/// The very request where this key has signed it, else the same parameters, signed with it.
pub(crate) fn signed_with(request: &Request, key: &ApiKey, sign_type: SignType) -> Result<String, Unsent> {
    let mut fields = xml::read(request.as_str().as_bytes()).map_err(|_| Unsent::NotOurRequest)?;
    let signature = sign(&fields, key, sign_type);
    if present(&fields, "sign") == Some(signature.as_str()) {
        return Ok(request.as_str().to_owned());
    }
    fields.insert("sign".to_owned(), signature);
    Ok(xml::write(&fields))
}

/// A field a request of this kind has. Without it, it is a request of another kind.
pub(crate) fn our_field<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, Unsent> {
    present(fields, name).ok_or(Unsent::NotOurRequest)
}
