//! Proving that an answer or a notice is WeChat's (pay.weixin.qq.com, doc `4013053249`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderMap;

use super::PlatformKeys;
use super::sign::{SCHEMA, answer_to_sign};

/// How far a message's time may be from ours: less than five minutes.
const WINDOW_S: u64 = 300;

const NAMES: [&str; 5] = [
    "wechatpay-timestamp",
    "wechatpay-nonce",
    "wechatpay-serial",
    "wechatpay-signature",
    "wechatpay-signature-type",
];

const PROBE: &str = "WECHATPAY/SIGNTEST/";

/// The headers that sign a message, checked for their form alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeaders {
    /// `Wechatpay-Timestamp`: Unix seconds, as they were written.
    pub timestamp: String,
    /// `Wechatpay-Nonce`: 1 to 128 printable ASCII characters.
    pub nonce: String,
    /// `Wechatpay-Serial`: which key, 1 to 128 printable ASCII characters.
    pub serial: String,
    /// `Wechatpay-Signature`: base64, at most 2048 characters.
    pub signature: String,
}

impl SignedHeaders {
    /// Takes the headers of an HTTP message.
    ///
    /// # Errors
    /// [`BadSignature::Missing`] when one is not there, [`BadSignature::Headers`] when one is there
    /// twice or cannot be.
    pub fn read(headers: &HeaderMap) -> Result<SignedHeaders, BadSignature> {
        let schema = once(headers, "wechatpay-signature-type", 64);
        match schema {
            Ok(named) if named != SCHEMA => return Err(BadSignature::OtherSchema),
            Ok(_) | Err(BadSignature::Missing) => {}
            Err(error) => return Err(error),
        }
        Ok(SignedHeaders {
            timestamp: once(headers, "wechatpay-timestamp", 20)?,
            nonce: once(headers, "wechatpay-nonce", 128)?,
            serial: once(headers, "wechatpay-serial", 128)?,
            signature: once(headers, "wechatpay-signature", 2048)?,
        })
    }

    /// Takes the headers from `get`, which gives the one value of a header by its name in lower case.
    ///
    /// # Errors
    /// As [`SignedHeaders::read`].
    pub fn find<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<SignedHeaders, BadSignature> {
        let mut map = HeaderMap::new();
        for name in NAMES {
            if let Some(value) = get(name) {
                map.insert(name, value.parse().map_err(|_| BadSignature::Headers)?);
            }
        }
        SignedHeaders::read(&map)
    }

    /// Whether each part is one word, so that none can pass for a part of the body.
    fn plain(&self) -> bool {
        let word = |text: &String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        [&self.timestamp, &self.nonce, &self.serial, &self.signature].into_iter().all(word)
    }

    fn seconds(&self) -> Result<i64, BadSignature> {
        let digits = self.timestamp.bytes().all(|byte| byte.is_ascii_digit());
        self.timestamp.parse().ok().filter(|_| digits).ok_or(BadSignature::Headers)
    }
}

/// Checks who signed a message: the probe, the time, the key and then the signature.
///
/// `now` is UTC ms. `body` are the bytes as they came.
///
/// # Errors
/// [`BadSignature`] says which check failed.
pub fn verify(
    headers: &SignedHeaders,
    body: &[u8],
    keys: &PlatformKeys,
    now: i64,
) -> Result<(), BadSignature> {
    if !headers.plain() {
        return Err(BadSignature::Headers);
    }
    if headers.signature.starts_with(PROBE) {
        return Err(BadSignature::Probe);
    }
    if headers.seconds()?.abs_diff(now.div_euclid(1000)) >= WINDOW_S {
        return Err(BadSignature::Stale);
    }
    let key = keys.get(&headers.serial).ok_or(BadSignature::UnknownSerial)?;
    if !key.holds_at(now) {
        return Err(BadSignature::KeyExpired);
    }
    let signature = STANDARD.decode(&headers.signature).map_err(|_| BadSignature::Headers)?;
    let text = answer_to_sign(&headers.timestamp, &headers.nonce, body);
    if key.signed(&text, &signature) { Ok(()) } else { Err(BadSignature::Wrong) }
}

/// A header that is there once, with printable ASCII in it.
fn once(headers: &HeaderMap, name: &str, longest: usize) -> Result<String, BadSignature> {
    let mut all = headers.get_all(name).iter();
    let value = all.next().ok_or(BadSignature::Missing)?;
    let text = value.to_str().map_err(|_| BadSignature::Headers)?;
    let plain = (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if plain && all.next().is_none() { Ok(text.to_owned()) } else { Err(BadSignature::Headers) }
}

/// Why a message is not taken for WeChat's. It never repeats a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// A header that signs is not there.
    #[error("the message is not signed")]
    Missing,
    /// A header is there twice, is empty or too long, or has a value that cannot be.
    #[error("the message's signature headers cannot be")]
    Headers,
    /// It names another way of signing than `WECHATPAY2-SHA256-RSA2048`.
    #[error("the message is signed in another way")]
    OtherSchema,
    /// WeChat tests whether we check signatures (`WECHATPAY/SIGNTEST/`): it wants a failure.
    #[error("the message is a probe of the signature check")]
    Probe,
    /// Its time is five minutes or more from ours.
    #[error("the message's time is too far from ours")]
    Stale,
    /// It is signed with a key that is not in the ring.
    #[error("the message is signed with an unknown key")]
    UnknownSerial,
    /// It is signed with a certificate that does not hold yet or any more.
    #[error("the message is signed with a certificate that does not hold now")]
    KeyExpired,
    /// The signature was not made over these bytes with this key.
    #[error("the signature does not fit the message")]
    Wrong,
}
