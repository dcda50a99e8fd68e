//! Verifying the signatures of responses and notices (pay.weixin.qq.com, doc `4013053249`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderMap;

use super::PlatformKeys;
use super::sign::{SCHEMA, answer_to_sign};

/// The maximum difference between the time of a message and the local clock, exclusive.
const WINDOW_S: u64 = 300;

const NAMES: [&str; 5] = [
    "wechatpay-timestamp",
    "wechatpay-nonce",
    "wechatpay-serial",
    "wechatpay-signature",
    "wechatpay-signature-type",
];

const PROBE: &str = "WECHATPAY/SIGNTEST/";

/// The signature headers of a message. Only their format was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureHeaders {
    /// `Wechatpay-Timestamp`: Unix seconds, unchanged.
    pub timestamp: String,
    /// `Wechatpay-Nonce`: 1 to 128 printable ASCII characters.
    pub nonce: String,
    /// `Wechatpay-Serial`: the key, 1 to 128 printable ASCII characters.
    pub serial: String,
    /// `Wechatpay-Signature`: base64, at most 2048 characters.
    pub signature: String,
}

impl SignatureHeaders {
    /// Reads the headers of an HTTP message.
    ///
    /// # Errors
    /// [`V3SignatureError::Missing`] if a header is missing, [`V3SignatureError::Headers`] if one is
    /// duplicate or invalid.
    pub fn from_headers(headers: &HeaderMap) -> Result<SignatureHeaders, V3SignatureError> {
        let schema = once(headers, "wechatpay-signature-type", 64);
        match schema {
            Ok(named) if named != SCHEMA => return Err(V3SignatureError::OtherSchema),
            Ok(_) | Err(V3SignatureError::Missing) => {}
            Err(error) => return Err(error),
        }
        Ok(SignatureHeaders {
            timestamp: once(headers, "wechatpay-timestamp", 20)?,
            nonce: once(headers, "wechatpay-nonce", 128)?,
            serial: once(headers, "wechatpay-serial", 128)?,
            signature: once(headers, "wechatpay-signature", 2048)?,
        })
    }

    /// Reads the headers with `get`, which returns the single value of a header by its lower-case name.
    ///
    /// # Errors
    /// Like [`SignatureHeaders::from_headers`].
    pub fn from_lookup<'a>(
        get: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<SignatureHeaders, V3SignatureError> {
        let mut map = HeaderMap::new();
        for name in NAMES {
            if let Some(value) = get(name) {
                map.insert(name, value.parse().map_err(|_| V3SignatureError::Headers)?);
            }
        }
        SignatureHeaders::from_headers(&map)
    }

    /// Whether each part is one word, so that it cannot be taken for a part of the body.
    fn plain(&self) -> bool {
        let word = |text: &String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        [&self.timestamp, &self.nonce, &self.serial, &self.signature].into_iter().all(word)
    }

    fn seconds(&self) -> Result<i64, V3SignatureError> {
        let digits = self.timestamp.bytes().all(|byte| byte.is_ascii_digit());
        self.timestamp.parse().ok().filter(|_| digits).ok_or(V3SignatureError::Headers)
    }
}

/// Verifies a message: first the probe, then the time, the key and the signature.
///
/// `now` is UTC ms; `body` is the raw body.
///
/// # Errors
/// [`V3SignatureError`] says which check failed.
pub fn verify(
    headers: &SignatureHeaders,
    body: &[u8],
    keys: &PlatformKeys,
    now: i64,
) -> Result<(), V3SignatureError> {
    if !headers.plain() {
        return Err(V3SignatureError::Headers);
    }
    if headers.signature.starts_with(PROBE) {
        return Err(V3SignatureError::Probe);
    }
    if headers.seconds()?.abs_diff(now.div_euclid(1000)) >= WINDOW_S {
        return Err(V3SignatureError::Stale);
    }
    let key = keys.get(&headers.serial).ok_or(V3SignatureError::UnknownSerial)?;
    if !key.is_valid_at(now) {
        return Err(V3SignatureError::KeyExpired);
    }
    let signature = STANDARD.decode(&headers.signature).map_err(|_| V3SignatureError::Headers)?;
    let text = answer_to_sign(&headers.timestamp, &headers.nonce, body);
    if key.verifies(&text, &signature) { Ok(()) } else { Err(V3SignatureError::Wrong) }
}

/// Reads a header that occurs exactly once and is printable ASCII.
fn once(headers: &HeaderMap, name: &str, longest: usize) -> Result<String, V3SignatureError> {
    let mut all = headers.get_all(name).iter();
    let value = all.next().ok_or(V3SignatureError::Missing)?;
    let text = value.to_str().map_err(|_| V3SignatureError::Headers)?;
    let plain = (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if plain && all.next().is_none() { Ok(text.to_owned()) } else { Err(V3SignatureError::Headers) }
}

/// Why a signature is not accepted. The error never contains a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum V3SignatureError {
    /// A signature header is missing.
    #[error("the message is not signed")]
    Missing,
    /// A header is duplicate, empty, too long or invalid.
    #[error("the signature headers of the message are invalid")]
    Headers,
    /// The message uses another schema than `WECHATPAY2-SHA256-RSA2048`.
    #[error("the message uses another authentication schema")]
    OtherSchema,
    /// The message is a probe of WeChat (`WECHATPAY/SIGNTEST/`), which tests that signatures are
    /// checked. It must be refused.
    #[error("the message is a probe of the signature check")]
    Probe,
    /// The time differs from the local clock by five minutes or more.
    #[error("the time of the message differs too much from the local clock")]
    Stale,
    /// The key of the signature is unknown.
    #[error("the message is signed with an unknown key")]
    UnknownSerial,
    /// The certificate of the signature is not valid now.
    #[error("the message is signed with a certificate that is not valid now")]
    KeyExpired,
    /// The signature does not match the bytes and the key.
    #[error("the signature does not match the message")]
    Wrong,
}
