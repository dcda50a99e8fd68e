//! Who we are to WeChat, and the key that proves it.

use std::fmt;
use std::sync::Arc;

use crate::zeroize::{Old, Wiped};

/// A merchant's `APIv2` key: exactly 32 ASCII letters and digits (pay.weixin.qq.com, chapter `4_3`).
///
/// Clones share one copy in memory, which is overwritten when the last of them is dropped.
#[derive(Clone)]
pub struct ApiKey {
    now: Arc<Wiped>,
    old: Option<Old>,
}

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
        Ok(ApiKey { now: Arc::new(Wiped::new(text.to_owned())), old: None })
    }

    /// The same key in the days in which it takes another's place: what either has signed is
    /// believed, and a message of ours that WeChat rejects is sent again, signed with `old`. Not for a
    /// key that was stolen.
    #[must_use]
    pub fn beside(self, old: &ApiKey) -> ApiKey {
        ApiKey { old: Some(Old::new(old.now.clone())), ..self }
    }

    /// The key this one is to replace.
    pub(crate) fn old(&self) -> Option<ApiKey> {
        self.old.as_ref().map(|old| ApiKey { now: old.key().clone(), old: None })
    }

    /// The key this one is to replace, if a message is `by` it, which is counted.
    pub(crate) fn old_if(&self, by: impl FnOnce(&ApiKey) -> bool) -> Option<ApiKey> {
        let found = self.old().filter(by)?;
        self.old.as_ref().inspect(|old| old.was_used());
        Some(found)
    }

    /// How many messages were believed by the key this one is to replace: when it no longer rises, that
    /// key may go.
    pub fn old_uses(&self) -> u64 {
        self.old.as_ref().map_or(0, Old::uses)
    }

    /// The keys to ask with after this one was rejected: the old one and, since WeChat may have changed
    /// over between the two, this one again. None where there is no old one.
    pub(crate) fn others(&self) -> Vec<ApiKey> {
        self.old().map_or_else(Vec::new, |old| vec![old, self.clone()])
    }

    pub(crate) fn as_str(&self) -> &str {
        self.now.as_str()
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
