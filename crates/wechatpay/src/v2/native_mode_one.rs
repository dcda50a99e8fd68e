//! Native payment, mode one (模式一): a static QR code for many orders (pay.weixin.qq.com, chapter `6_4`).

use std::fmt;

use super::fields::{non_empty, required, token};
use super::notice::check_recipient;
use super::sign::verifying_key;
use super::{ApiKey, Fields, SignType, V2Merchant, V2NoticeError, V2PrepayResponse, sign, xml};
use crate::field_rules::{InvalidField, InvalidFieldReason, check_free_text, random_nonce, require};
use crate::redact::redact_openid;

/// Returns the text of a product's QR code. It does not expire. `now` is UTC ms.
///
/// The link does not contain a sign type: WeChat assumes MD5 unless the merchant is configured
/// otherwise.
///
/// # Errors
/// [`InvalidField`] if the product number is not 1 to 32 ASCII letters, digits, `_` or `-`, or if `now`
/// is before 1970.
pub fn native_link(
    product_id: &str,
    merchant: &V2Merchant,
    sign_type: SignType,
    now: i64,
) -> Result<String, InvalidField> {
    check_product_id(product_id)?;
    require("time_stamp", (0..=9_999_999_999_999).contains(&now), InvalidFieldReason::Value)?;
    let mut fields = Fields::from([
        ("appid".to_owned(), merchant.appid.clone()),
        ("mch_id".to_owned(), merchant.mch_id.clone()),
        ("product_id".to_owned(), product_id.to_owned()),
        ("time_stamp".to_owned(), (now / 1000).to_string()),
        ("nonce_str".to_owned(), random_nonce()?),
    ]);
    let signature = sign(&fields, &merchant.api_key, sign_type);
    fields.insert("sign".to_owned(), signature);
    let query: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Ok(format!("weixin://wxpay/bizpayurl?{}", query.join("&")))
}

/// The callback of a scan: WeChat asks the merchant to create an order for the payer.
#[derive(Clone)]
pub struct NativeCallback {
    /// The openid of the payer under this appid, at most 128 printable ASCII characters.
    pub openid: String,
    /// The scanned product number, at most 32 bytes. Anyone can print such a code, so check the number.
    pub product_id: String,
    /// Whether the payer follows the official account; `None` if the message does not say.
    pub subscribed: Option<bool>,
    /// The key that signed the callback. During a key rotation, sign the reply with the same key.
    pub key: ApiKey,
}

/// Redacts the openid.
impl fmt::Debug for NativeCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeCallback")
            .field("openid", &redact_openid(&self.openid))
            .field("product_id", &self.product_id)
            .finish_non_exhaustive()
    }
}

/// Reads and verifies a callback. The sign type comes from the merchant's configuration, never from the
/// message. Every scan sends a callback, and a copy of one is equally valid: deduplicate by product and
/// payer.
///
/// # Errors
/// [`V2NoticeError`]; answer with [`refusal_body`](super::refusal_body) then.
pub fn read_native_callback(
    body: &[u8],
    merchant: &V2Merchant,
    sign_type: SignType,
) -> Result<NativeCallback, V2NoticeError> {
    let fields = xml::read(body)?;
    let key = verifying_key(&fields, &merchant.api_key, sign_type)?;
    check_recipient(&fields, merchant)?;
    let product_id = required(&fields, "product_id")?;
    if check_product_id(product_id).is_err() {
        return Err(V2NoticeError::Malformed { field: "product_id" });
    }
    Ok(NativeCallback {
        openid: token(&fields, "openid", 128)?,
        product_id: product_id.to_owned(),
        subscribed: match non_empty(&fields, "is_subscribe") {
            Some("Y") => Some(true),
            Some("N") => Some(false),
            Some(_) => return Err(V2NoticeError::Malformed { field: "is_subscribe" }),
            None => None,
        },
        key,
    })
}

/// The reply to a callback: the new order, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NativeReply<'a> {
    /// The order of this scan, as returned by
    /// [`V2Client::unified_order`](super::V2Client::unified_order).
    Order(&'a V2PrepayResponse),
    /// Nothing can be bought. The payer sees this text: 1 to 128 bytes without control characters, `&`,
    /// `=`.
    Refused(&'a str),
}

/// Writes the signed reply to a callback. Use [`NativeCallback::key`] as the key of `merchant`.
///
/// # Errors
/// [`InvalidField`] if a text must not be sent.
pub fn native_reply(
    reply: &NativeReply<'_>,
    merchant: &V2Merchant,
    sign_type: SignType,
) -> Result<String, InvalidField> {
    let mut fields = Fields::from([("return_code".to_owned(), "SUCCESS".to_owned())]);
    let (result, name, value) = match reply {
        NativeReply::Order(prepaid) => ("SUCCESS", "prepay_id", prepaid.prepay_id.as_str()),
        NativeReply::Refused(why) => ("FAIL", "err_code_des", *why),
    };
    check_free_text(name, value, 128)?;
    fields.insert("result_code".to_owned(), result.to_owned());
    fields.insert(name.to_owned(), value.to_owned());
    fields.insert("appid".to_owned(), merchant.appid.clone());
    fields.insert("mch_id".to_owned(), merchant.mch_id.clone());
    fields.insert("nonce_str".to_owned(), random_nonce()?);
    insert_sign_type(&mut fields, sign_type);
    let signature = sign(&fields, &merchant.api_key, sign_type);
    fields.insert("sign".to_owned(), signature);
    Ok(xml::write(&fields))
}

/// A reply without a sign type means MD5, as in the docs.
fn insert_sign_type(fields: &mut Fields, sign_type: SignType) {
    match sign_type {
        SignType::Md5 => {}
        SignType::HmacSha256 => drop(fields.insert("sign_type".to_owned(), sign_type.as_str().to_owned())),
    }
}

/// The product number is not escaped in the link, so only plain characters are allowed.
fn check_product_id(product_id: &str) -> Result<(), InvalidField> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    require("product_id", (1..=32).contains(&product_id.len()), InvalidFieldReason::Length)?;
    require("product_id", product_id.bytes().all(plain), InvalidFieldReason::Charset)
}
