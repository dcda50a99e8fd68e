//! The signature of API v2: all non-empty fields but `sign`, as `k=v&…&key=…`, through MD5 or HMAC-SHA256, in
//! upper-case hex. Source: WeChat Pay API v2, "安全规范"; held to its published vectors by the tests.

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use md5::{Digest as _, Md5};
use subtle::ConstantTimeEq as _;

use super::xml::Fields;

/// Which function signs. A message without `sign_type` means MD5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignType {
    /// The default.
    Md5,
    /// Keyed with the API key, over the text that already ends in it.
    HmacSha256,
}

impl SignType {
    /// The type that a `sign_type` field names; nothing for a name WeChat does not know.
    pub fn of(fields: &Fields) -> Option<Self> {
        match fields.get("sign_type").map(String::as_str) {
            None | Some("" | "MD5") => Some(Self::Md5),
            Some("HMAC-SHA256") => Some(Self::HmacSha256),
            Some(_) => None,
        }
    }
}

/// The signature of these fields.
pub fn sign(fields: &Fields, key: &str, sign_type: SignType) -> String {
    let text = text_to_sign(fields, key);
    match sign_type {
        SignType::Md5 => hex(&Md5::digest(text.as_bytes())),
        SignType::HmacSha256 => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
            hex(hmac::sign(&key, text.as_bytes()).as_ref())
        }
    }
}

/// Adds `sign`.
pub fn seal(fields: &mut Fields, key: &str, sign_type: SignType) {
    let signature = sign(fields, key, sign_type);
    fields.insert("sign".to_owned(), signature);
}

/// Whether `sign` is there and right; compared in constant time.
pub fn verify(fields: &Fields, key: &str, sign_type: SignType) -> bool {
    let expected = sign(fields, key, sign_type);
    fields.get("sign").is_some_and(|sign| sign.as_bytes().ct_eq(expected.as_bytes()).into())
}

/// Makes a right signature wrong: the first character becomes another one.
pub fn break_signature(fields: &mut Fields) {
    if let Some(sign) = fields.get_mut("sign") {
        let other = if sign.starts_with('0') { "1" } else { "0" };
        sign.replace_range(..1, other);
    }
}

fn text_to_sign(fields: &Fields, key: &str) -> String {
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
        params: Fields,
        md5: String,
        hmac_sha256: Option<String>,
    }

    #[test]
    fn published_vectors() {
        let text = include_str!("../../tests/published/v2.json");
        let vectors: std::collections::BTreeMap<String, Vector> = serde_json::from_str(text).unwrap();
        for (name, vector) in vectors {
            assert_eq!(sign(&vector.params, &vector.key, SignType::Md5), vector.md5, "{name}");
            if let Some(hmac) = vector.hmac_sha256 {
                assert_eq!(sign(&vector.params, &vector.key, SignType::HmacSha256), hmac, "{name}");
            }
        }
    }
}
