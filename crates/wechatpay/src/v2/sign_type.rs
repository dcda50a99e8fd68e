//! The two ways `APIv2` signs.

use std::fmt;
use std::str::FromStr;

/// How a message is signed (pay.weixin.qq.com, chapter `4_3`).
///
/// The type belongs to the order it was made with. A message may not choose its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignType {
    /// 32 upper-case hex digits. Weak against chosen collisions; kept for old orders.
    Md5,
    /// 64 upper-case hex digits. The one to use for new orders.
    HmacSha256,
}

impl SignType {
    /// The name on the wire: `MD5` or `HMAC-SHA256`.
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

/// A sign type other than `MD5` and `HMAC-SHA256`, which are spelled exactly so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither MD5 nor HMAC-SHA256")]
pub struct UnknownSignType;
