//! Mode one (模式一): one printed code, many orders (pay.weixin.qq.com, chapter `6_4`).

use std::fmt;

use super::fields::{present, required, token};
use super::notice::for_us;
use super::sign::signed_by;
use super::{ApiKey, Fields, Merchant, NoticeError, Prepaid, SignType, sign, xml};
use crate::field_rules::{BadField, Reason, free_text, nonce, require};
use crate::redact::masked;

/// The text of a product's QR code. It does not expire. `now` is UTC ms.
///
/// The link names no sign type: WeChat takes it as MD5 unless the merchant was set up otherwise.
///
/// # Errors
/// [`BadField`] when the product's number is not 1 to 32 ASCII letters, digits, `_` or `-`, or `now` is
/// before 1970.
pub fn native_link(
    product_id: &str,
    merchant: &Merchant,
    sign_type: SignType,
    now: i64,
) -> Result<String, BadField> {
    product(product_id)?;
    require("time_stamp", (0..=9_999_999_999_999).contains(&now), Reason::Value)?;
    let mut fields = Fields::from([
        ("appid".to_owned(), merchant.appid.clone()),
        ("mch_id".to_owned(), merchant.mch_id.clone()),
        ("product_id".to_owned(), product_id.to_owned()),
        ("time_stamp".to_owned(), (now / 1000).to_string()),
        ("nonce_str".to_owned(), nonce()?),
    ]);
    let signature = sign(&fields, &merchant.api_key, sign_type);
    fields.insert("sign".to_owned(), signature);
    let query: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Ok(format!("weixin://wxpay/bizpayurl?{}", query.join("&")))
}

/// Somebody scanned a product's code, and WeChat asks for an order for them.
#[derive(Clone)]
pub struct NativeCallback {
    /// Who scanned: the payer under this appid, at most 128 printable ASCII characters.
    pub openid: String,
    /// What was scanned, at most 32 bytes. It is as good as the code: check it against the shop.
    pub product_id: String,
    /// Whether the payer follows the public account; nothing when the message does not tell.
    pub subscribed: Option<bool>,
    /// The key it was signed with. While a key changes the reply is believed if it is signed with the same.
    pub key: ApiKey,
}

/// The product alone: the payer is masked.
impl fmt::Debug for NativeCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeCallback")
            .field("openid", &masked(&self.openid))
            .field("product_id", &self.product_id)
            .finish_non_exhaustive()
    }
}

/// Reads a callback and proves it. The merchant's set-up decides the sign type, never the message.
/// Every scan makes a callback, and a copy of one is as good as it: dedupe by product and payer.
///
/// # Errors
/// [`NoticeError`]; answer with [`refusal`](super::refusal) then.
pub fn read_native_callback(
    body: &[u8],
    merchant: &Merchant,
    sign_type: SignType,
) -> Result<NativeCallback, NoticeError> {
    let fields = xml::read(body)?;
    let key = signed_by(&fields, &merchant.api_key, sign_type)?;
    for_us(&fields, merchant)?;
    let product_id = required(&fields, "product_id")?;
    if product(product_id).is_err() {
        return Err(NoticeError::Malformed { field: "product_id" });
    }
    Ok(NativeCallback {
        openid: token(&fields, "openid", 128)?,
        product_id: product_id.to_owned(),
        subscribed: match present(&fields, "is_subscribe") {
            Some("Y") => Some(true),
            Some("N") => Some(false),
            Some(_) => return Err(NoticeError::Malformed { field: "is_subscribe" }),
            None => None,
        },
        key,
    })
}

/// What a callback is answered with, at once: the order that was made, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NativeReply<'a> {
    /// The order of this scan, as [`Client::unified_order`](super::Client::unified_order) gave it.
    Order(&'a Prepaid),
    /// Nothing can be bought. The payer reads this: 1 to 128 bytes without control characters, `&`,
    /// `=`.
    Refused(&'a str),
}

/// The signed reply to a callback, by the key of `merchant`: give it [`NativeCallback::key`].
///
/// # Errors
/// [`BadField`] when a text must not be sent.
pub fn native_reply(
    reply: &NativeReply<'_>,
    merchant: &Merchant,
    sign_type: SignType,
) -> Result<String, BadField> {
    let mut fields = Fields::from([("return_code".to_owned(), "SUCCESS".to_owned())]);
    let (result, name, value) = match reply {
        NativeReply::Order(prepaid) => ("SUCCESS", "prepay_id", prepaid.prepay_id.as_str()),
        NativeReply::Refused(why) => ("FAIL", "err_code_des", *why),
    };
    free_text(name, value, 128)?;
    fields.insert("result_code".to_owned(), result.to_owned());
    fields.insert(name.to_owned(), value.to_owned());
    fields.insert("appid".to_owned(), merchant.appid.clone());
    fields.insert("mch_id".to_owned(), merchant.mch_id.clone());
    fields.insert("nonce_str".to_owned(), nonce()?);
    name_sign_type(&mut fields, sign_type);
    let signature = sign(&fields, &merchant.api_key, sign_type);
    fields.insert("sign".to_owned(), signature);
    Ok(xml::write(&fields))
}

/// The docs' reply has no sign type, which means MD5.
fn name_sign_type(fields: &mut Fields, sign_type: SignType) {
    match sign_type {
        SignType::Md5 => {}
        SignType::HmacSha256 => drop(fields.insert("sign_type".to_owned(), sign_type.as_str().to_owned())),
    }
}

/// A product's number stands in a link unescaped, so it is plain.
fn product(product_id: &str) -> Result<(), BadField> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    require("product_id", (1..=32).contains(&product_id.len()), Reason::Length)?;
    require("product_id", product_id.bytes().all(plain), Reason::Charset)
}
