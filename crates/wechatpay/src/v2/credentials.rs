//! The merchant and its `APIv2` key.

use std::fmt;
use std::sync::Arc;

use crate::zeroize::{PreviousKey, SecretString};

/// A merchant's `APIv2` key: exactly 32 ASCII letters and digits (pay.weixin.qq.com, chapter `4_3`).
///
/// Clones share one copy in memory. It is overwritten when the last clone is dropped.
#[derive(Clone)]
pub struct ApiKey {
    current: Arc<SecretString>,
    previous: Option<PreviousKey>,
}

impl ApiKey {
    /// Parses a key as it is shown on the merchant platform.
    ///
    /// # Errors
    /// [`ApiKeyError`] if it is not 32 ASCII letters and digits.
    pub fn new(text: &str) -> Result<ApiKey, ApiKeyError> {
        if text.len() != 32 {
            return Err(ApiKeyError::Length);
        }
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(ApiKeyError::Charset);
        }
        Ok(ApiKey { current: Arc::new(SecretString::new(text.to_owned())), previous: None })
    }

    /// Adds the previous key during a rotation. Signatures of both keys are accepted, and a request
    /// that WeChat rejects is sent again, signed with `previous`. Do not use it for a stolen key.
    #[must_use]
    pub fn with_previous(self, previous: &ApiKey) -> ApiKey {
        ApiKey { previous: Some(PreviousKey::new(previous.current.clone())), ..self }
    }

    /// The previous key.
    pub(crate) fn previous(&self) -> Option<ApiKey> {
        self.previous.as_ref().map(|previous| ApiKey { current: previous.key().clone(), previous: None })
    }

    /// The previous key, if `by` accepts it. The use is counted.
    pub(crate) fn previous_if(&self, by: impl FnOnce(&ApiKey) -> bool) -> Option<ApiKey> {
        let found = self.previous().filter(by)?;
        self.previous.as_ref().inspect(|previous| previous.count_use());
        Some(found)
    }

    /// How many messages were accepted by the previous key. When the number stops growing, the previous
    /// key can be removed.
    pub fn previous_key_uses(&self) -> u64 {
        self.previous.as_ref().map_or(0, PreviousKey::uses)
    }

    /// The keys to try after this one was rejected: the previous one, and then this one again, because
    /// WeChat may have switched between the two calls. Empty without a previous key.
    pub(crate) fn fallback_keys(&self) -> Vec<ApiKey> {
        self.previous().map_or_else(Vec::new, |previous| vec![previous, self.clone()])
    }

    pub(crate) fn as_str(&self) -> &str {
        self.current.as_str()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

/// Why a text is not an `APIv2` key. The error never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyError {
    /// It is not 32 bytes long.
    #[error("an APIv2 key has exactly 32 characters")]
    Length,
    /// It contains other characters than ASCII letters and digits.
    #[error("an APIv2 key has ASCII letters and digits only")]
    Charset,
}

/// A merchant with one appid. Every message is bound to both.
#[derive(Debug, Clone)]
pub struct V2Merchant {
    /// The appid, at most 32 ASCII letters and digits, such as `wx8888888888888888`.
    pub appid: String,
    /// The merchant number, at most 32 ASCII letters and digits, such as `1900000109`.
    pub mch_id: String,
    /// The key that both sides sign with.
    pub api_key: ApiKey,
}
