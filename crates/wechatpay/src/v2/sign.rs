//! Signatures of API v2 messages (pay.weixin.qq.com, chapter `4_3`).

use std::fmt::Write;

use aws_lc_rs::hmac;
use md5::{Digest, Md5};
use subtle::ConstantTimeEq;

use super::fields::{Fields, non_empty};
use super::{ApiKey, SignType};
use crate::zeroize::zeroize;

/// Why a signature is not accepted. The error never contains a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum V2SignatureError {
    /// `sign` is missing or empty.
    #[error("the message is not signed")]
    Missing,
    /// The `sign_type` of the message is not the expected one.
    #[error("the sign type of the message is not the expected one")]
    OtherSignType,
    /// The signature does not match these fields and this key.
    #[error("the signature does not match the message")]
    Wrong,
}

/// Builds the text that both sign types use: all non-empty fields except `sign`, sorted by name in
/// ASCII order, not escaped, followed by the key.
///
/// Because nothing is escaped, `a=1&b=2` may be two fields or one. So never sign values from other
/// people that contain `&` or `=`. The result contains the key: do not log or store it.
pub fn string_to_sign(fields: &Fields, key: &ApiKey) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if name != "sign" && !value.is_empty() {
            text.extend([name, "=", value, "&"]);
        }
    }
    text.extend(["key=", key.as_str()]);
    text
}

/// Signs a message: 32 (MD5) or 64 (HMAC-SHA256) upper-case hex digits.
///
/// # Examples
/// The example of WeChat's documentation (chapter `4_3`):
/// ```
/// use wechatpay::v2::{ApiKey, Fields, SignType, sign, verify};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pairs = [
///     ("appid", "wxd930ea5d5a258f4f"),
///     ("body", "test"),
///     ("device_info", "1000"),
///     ("mch_id", "10000100"),
///     ("nonce_str", "ibuaiVcKdpRxkhJA"),
/// ];
/// let mut fields: Fields = pairs.map(|(name, value)| (name.into(), value.into())).into();
/// let key = ApiKey::new("192006250b4c09247ec02edce69f6a2d")?;
/// let signature = sign(&fields, &key, SignType::Md5);
/// assert_eq!(signature, "9A0A8659F005D6984697E2CA0A9CF3B7");
///
/// fields.insert("sign".into(), signature);
/// verify(&fields, &key, SignType::Md5)?;
/// # Ok(())
/// # }
/// ```
pub fn sign(fields: &Fields, key: &ApiKey, sign_type: SignType) -> String {
    let text = string_to_sign(fields, key);
    let signature = match sign_type {
        SignType::Md5 => upper_hex(&Md5::digest(&text)),
        SignType::HmacSha256 => upper_hex(hmac_sha256(&text, key).as_ref()),
    };
    zeroize(text);
    signature
}

/// Verifies `sign` in constant time, with the key and, if there is one, with the previous key.
///
/// A `sign_type` in the message must equal the expected one: a message cannot downgrade the check to
/// MD5.
///
/// # Errors
/// [`V2SignatureError`] says which check failed.
pub fn verify(fields: &Fields, key: &ApiKey, sign_type: SignType) -> Result<(), V2SignatureError> {
    verifying_key(fields, key, sign_type).map(drop)
}

/// Like [`verify`], but returns the key that matched.
pub(super) fn verifying_key(
    fields: &Fields,
    key: &ApiKey,
    sign_type: SignType,
) -> Result<ApiKey, V2SignatureError> {
    let claimed = non_empty(fields, "sign").ok_or(V2SignatureError::Missing)?;
    if non_empty(fields, "sign_type").is_some_and(|named| named != sign_type.as_str()) {
        return Err(V2SignatureError::OtherSignType);
    }
    let by = |key: &ApiKey| bool::from(sign(fields, key, sign_type).as_bytes().ct_eq(claimed.as_bytes()));
    if by(key) { Ok(key.clone()) } else { key.previous_if(by).ok_or(V2SignatureError::Wrong) }
}

fn hmac_sha256(text: &str, key: &ApiKey) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_str().as_bytes());
    hmac::sign(&key, text.as_bytes())
}

pub(crate) fn lower_hex(bytes: &[u8]) -> String {
    upper_hex(bytes).to_ascii_lowercase()
}

fn upper_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        write!(hex, "{byte:02X}").expect("writing to a String cannot fail");
        hex
    })
}
