//! The signature of API v2: all non-empty fields except `sign`, as `k=v&…&key=…`, hashed with MD5 or HMAC-SHA256, in
//! upper-case hex. Source: WeChat Pay API v2, "安全规范"; tested with the published vectors.

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use md5::{Digest as _, Md5};
use subtle::ConstantTimeEq as _;

use super::xml::XmlFields;

/// The sign type. A message without `sign_type` uses MD5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum V2SignType {
    /// MD5, the default.
    Md5,
    /// HMAC with the API key, over a text that also ends with the key.
    HmacSha256,
}

impl V2SignType {
    /// Reads the `sign_type` field; `None` for an unknown name.
    pub fn from_fields(fields: &XmlFields) -> Option<Self> {
        match fields.get("sign_type").map(String::as_str) {
            None | Some("" | "MD5") => Some(Self::Md5),
            Some("HMAC-SHA256") => Some(Self::HmacSha256),
            Some(_) => None,
        }
    }
}

/// Signs the fields.
pub fn sign(fields: &XmlFields, key: &str, sign_type: V2SignType) -> String {
    let text = text_to_sign(fields, key);
    match sign_type {
        V2SignType::Md5 => hex(&Md5::digest(text.as_bytes())),
        V2SignType::HmacSha256 => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
            hex(hmac::sign(&key, text.as_bytes()).as_ref())
        }
    }
}

/// Signs the fields and adds `sign`.
pub fn seal(fields: &mut XmlFields, key: &str, sign_type: V2SignType) {
    let signature = sign(fields, key, sign_type);
    fields.insert("sign".to_owned(), signature);
}

/// Verifies `sign` in constant time.
pub fn verify(fields: &XmlFields, key: &str, sign_type: V2SignType) -> bool {
    let expected = sign(fields, key, sign_type);
    fields.get("sign").is_some_and(|sign| sign.as_bytes().ct_eq(expected.as_bytes()).into())
}

/// Breaks a signature by changing its first character.
pub fn break_signature(fields: &mut XmlFields) {
    if let Some(sign) = fields.get_mut("sign") {
        let other = if sign.starts_with('0') { "1" } else { "0" };
        sign.replace_range(..1, other);
    }
}

fn text_to_sign(fields: &XmlFields, key: &str) -> String {
    let mut text = String::with_capacity(512);
    for (name, value) in fields.iter().filter(|(name, value)| *name != "sign" && !value.is_empty()) {
        for part in [name, "=", value, "&"] {
            text.push_str(part);
        }
    }
    text + "key=" + key
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02X}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Vector {
        key: String,
        params: XmlFields,
        md5: String,
        hmac_sha256: Option<String>,
    }

    #[test]
    fn published_vectors() {
        let text = include_str!("../../tests/published/v2.json");
        let vectors: std::collections::BTreeMap<String, Vector> = serde_json::from_str(text).unwrap();
        for (name, vector) in vectors {
            assert_eq!(sign(&vector.params, &vector.key, V2SignType::Md5), vector.md5, "{name}");
            if let Some(hmac) = vector.hmac_sha256 {
                assert_eq!(sign(&vector.params, &vector.key, V2SignType::HmacSha256), hmac, "{name}");
            }
        }
    }
}
