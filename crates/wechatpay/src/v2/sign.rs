//! Signatures over flat messages (pay.weixin.qq.com, chapter `4_3`).

use std::collections::BTreeMap;
use std::fmt::Write;

use aws_lc_rs::hmac;
use md5::{Digest, Md5};
use subtle::ConstantTimeEq;

use super::fields::present;
use super::{ApiKey, SignType};
use crate::zeroize::wipe;

/// A message: names and decoded values, in the order they are signed in.
pub type Fields = BTreeMap<String, String>;

/// Why a message's signature is not accepted. It never repeats a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// There is no `sign`, or it is empty.
    #[error("the message is not signed")]
    Missing,
    /// The message names another sign type than the one agreed, or one we do not know.
    #[error("the message names another sign type than was agreed")]
    OtherSignType,
    /// The signature was not made over these fields with this key.
    #[error("the signature does not fit the message")]
    Wrong,
}

/// The text both sign types are computed over: every field except `sign` and the empty ones, sorted
/// by name in ASCII order, raw, then the key.
///
/// The text has no escaping: `a=1&b=2` may be two fields or one. So never sign values chosen by
/// others that hold `&` or `=`. The result holds the key: neither log nor keep it.
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

/// The signature of a message: 32 (MD5) or 64 (HMAC-SHA256) upper-case hex digits.
pub fn sign(fields: &Fields, key: &ApiKey, sign_type: SignType) -> String {
    let text = string_to_sign(fields, key);
    let signature = match sign_type {
        SignType::Md5 => upper_hex(&Md5::digest(&text)),
        SignType::HmacSha256 => upper_hex(hmac_sha256(&text, key).as_ref()),
    };
    wipe(text);
    signature
}

/// Checks a message's `sign` in constant time, by the key and by the one it replaces, if there is one.
///
/// A `sign_type` in the message must be the agreed one: a message cannot talk us down to MD5.
///
/// # Errors
/// [`BadSignature`] says which check failed.
pub fn verify(fields: &Fields, key: &ApiKey, sign_type: SignType) -> Result<(), BadSignature> {
    signed_by(fields, key, sign_type).map(drop)
}

/// The same; gives the one of the two keys that it was.
pub(super) fn signed_by(fields: &Fields, key: &ApiKey, sign_type: SignType) -> Result<ApiKey, BadSignature> {
    let claimed = present(fields, "sign").ok_or(BadSignature::Missing)?;
    if present(fields, "sign_type").is_some_and(|named| named != sign_type.as_str()) {
        return Err(BadSignature::OtherSignType);
    }
    let by = |key: &ApiKey| bool::from(sign(fields, key, sign_type).as_bytes().ct_eq(claimed.as_bytes()));
    if by(key) { Ok(key.clone()) } else { key.old_if(by).ok_or(BadSignature::Wrong) }
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
