//! The sign types of `APIv2`.

use std::fmt;
use std::str::FromStr;

/// How a message is signed (pay.weixin.qq.com, chapter `4_3`).
///
/// The sign type belongs to the order. A message must not choose its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignType {
    /// MD5: 32 upper-case hex digits. Weak against collisions; kept for old orders.
    Md5,
    /// HMAC-SHA256: 64 upper-case hex digits. Use it for new orders.
    HmacSha256,
}

impl SignType {
    /// The value in messages: `MD5` or `HMAC-SHA256`.
    pub fn as_str(self) -> &'static str {
        match self {
            SignType::Md5 => "MD5",
            SignType::HmacSha256 => "HMAC-SHA256",
        }
    }
}

impl fmt::Display for SignType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SignType {
    type Err = UnknownSignType;

    fn from_str(text: &str) -> Result<SignType, UnknownSignType> {
        match text {
            "MD5" => Ok(SignType::Md5),
            "HMAC-SHA256" => Ok(SignType::HmacSha256),
            _ => Err(UnknownSignType),
        }
    }
}

/// A sign type other than `MD5` and `HMAC-SHA256`, which are case-sensitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sign type is neither MD5 nor HMAC-SHA256")]
pub struct UnknownSignType;
