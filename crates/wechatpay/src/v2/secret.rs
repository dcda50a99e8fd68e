//! Who we are to WeChat, and the key that proves it.

use std::fmt;
use std::sync::Arc;

use crate::wipe::Wiped;

/// A merchant's `APIv2` key: exactly 32 ASCII letters and digits (pay.weixin.qq.com, chapter `4_3`).
///
/// Clones share one copy in memory, which is overwritten when the last of them is dropped.
#[derive(Clone)]
pub struct ApiKey(Arc<Wiped>);

impl ApiKey {
    /// Takes the key as the merchant platform shows it.
    ///
    /// # Errors
    /// [`BadKey`] when it is not 32 ASCII letters and digits.
    pub fn new(text: &str) -> Result<ApiKey, BadKey> {
        if text.len() != 32 {
            return Err(BadKey::Length);
        }
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(BadKey::Charset);
        }
        Ok(ApiKey(Arc::new(Wiped::new(text.to_owned()))))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

/// Why a text is no `APIv2` key. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// It is not 32 bytes long.
    #[error("an APIv2 key has exactly 32 characters")]
    Length,
    /// It has something other than ASCII letters and digits.
    #[error("an APIv2 key has ASCII letters and digits only")]
    Charset,
}

/// One merchant under one app: the three things every message is bound to.
#[derive(Debug, Clone)]
pub struct Merchant {
    /// The app's id, at most 32 ASCII letters and digits, such as `wx8888888888888888`.
    pub appid: String,
    /// The merchant number, at most 32 ASCII letters and digits, such as `1900000109`.
    pub mch_id: String,
    /// The key both sides sign with.
    pub api_key: ApiKey,
}
