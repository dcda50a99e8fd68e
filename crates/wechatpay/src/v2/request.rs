//! Signed requests as the bytes that go out.

use std::fmt;

use super::{Fields, Merchant, SignType, sign, xml};
use crate::field_rules::{BadField, id, nonce, order_number};

/// The exact XML of a signed request.
///
/// WeChat takes a repeated order as the same one only when nothing in it changed. So store the text
/// before it is sent, and when the outcome is unknown, send the same text again.
#[derive(Clone, PartialEq, Eq)]
pub struct Request(String);

impl Request {
    /// Takes a stored text back, as [`Request::as_str`] gave it.
    pub fn stored(xml: String) -> Request {
        Request(xml)
    }

    /// The text to store and to send. It holds a signature, but not the key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} bytes)", self.0.len())
    }
}

/// Adds who asks and a fresh nonce, and signs.
pub(crate) fn seal(
    mut fields: Fields,
    merchant: &Merchant,
    sign_type: SignType,
) -> Result<Request, BadField> {
    id("appid", &merchant.appid)?;
    id("mch_id", &merchant.mch_id)?;
    fields.insert("appid".into(), merchant.appid.clone());
    fields.insert("mch_id".into(), merchant.mch_id.clone());
    fields.insert("nonce_str".into(), nonce()?);
    fields.insert("sign_type".into(), sign_type.as_str().into());
    let signature = sign(&fields, &merchant.api_key, sign_type);
    fields.insert("sign".into(), signature);
    Ok(Request(xml::write(&fields)))
}

/// A question about one order, for orderquery and closeorder.
pub(crate) fn about(
    out_trade_no: &str,
    merchant: &Merchant,
    sign_type: SignType,
) -> Result<Request, BadField> {
    order_number(out_trade_no)?;
    let fields = Fields::from([("out_trade_no".into(), out_trade_no.into())]);
    seal(fields, merchant, sign_type)
}
