//! Signed requests in the exact bytes that are sent.

use std::fmt;

use super::{Fields, SignType, V2Merchant, sign, xml};
use crate::field_rules::{InvalidField, check_id, check_order_number, random_nonce};

/// The exact XML of a signed request.
///
/// WeChat recognizes a repeated order only if the request is unchanged. So store the text before
/// sending it. If the outcome is unknown, send the same text again.
#[derive(Clone, PartialEq, Eq)]
pub struct V2Request(String);

impl V2Request {
    /// Restores a request from the stored text.
    pub fn from_stored(xml: String) -> V2Request {
        V2Request(xml)
    }

    /// The text to store and to send. It contains a signature, but not the key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for V2Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "V2Request({} bytes)", self.0.len())
    }
}

/// Adds appid, merchant number and a new nonce, and signs the request.
pub(crate) fn sign_request(
    mut fields: Fields,
    merchant: &V2Merchant,
    sign_type: SignType,
) -> Result<V2Request, InvalidField> {
    check_id("appid", &merchant.appid)?;
    check_id("mch_id", &merchant.mch_id)?;
    fields.insert("appid".into(), merchant.appid.clone());
    fields.insert("mch_id".into(), merchant.mch_id.clone());
    fields.insert("nonce_str".into(), random_nonce()?);
    fields.insert("sign_type".into(), sign_type.as_str().into());
    let signature = sign(&fields, &merchant.api_key, sign_type);
    fields.insert("sign".into(), signature);
    Ok(V2Request(xml::write(&fields)))
}

/// A request with only an order number, for orderquery and closeorder.
pub(crate) fn order_request(
    out_trade_no: &str,
    merchant: &V2Merchant,
    sign_type: SignType,
) -> Result<V2Request, InvalidField> {
    check_order_number(out_trade_no)?;
    let fields = Fields::from([("out_trade_no".into(), out_trade_no.into())]);
    sign_request(fields, merchant, sign_type)
}
