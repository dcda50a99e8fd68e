use std::collections::HashMap;
use std::sync::Mutex;

use crate::random;
use crate::sync::lock;

/// The maximum number of short links. The oldest are removed first.
const MAX_LINKS: usize = 10_000;

/// Short links and the callback URL for scans. Holds at most [`MAX_LINKS`].
#[derive(Debug, Default)]
pub struct LinkRegistry {
    short: Mutex<(Vec<String>, HashMap<String, String>)>,
    callback_url: Mutex<Option<String>>,
}

impl LinkRegistry {
    /// Creates a registry with the merchant's callback URL.
    pub fn new(callback_url: Option<String>) -> Self {
        Self { short: Mutex::default(), callback_url: Mutex::new(callback_url) }
    }

    /// Creates a short link for a long one.
    pub fn shorten(&self, long: &str) -> String {
        let short = format!("weixin://wxpay/s/{}", random::alphanumeric(8));
        let mut known = lock(&self.short);
        if known.0.len() >= MAX_LINKS {
            let oldest = known.0.remove(0);
            known.1.remove(&oldest);
        }
        known.0.push(short.clone());
        known.1.insert(short.clone(), long.to_owned());
        short
    }

    /// Resolves a short link. Any other text is returned unchanged.
    pub fn resolve(&self, link: &str) -> String {
        lock(&self.short).1.get(link).cloned().unwrap_or_else(|| link.to_owned())
    }

    /// The callback URL, if one is set.
    pub fn callback_url(&self) -> Option<String> {
        lock(&self.callback_url).clone()
    }

    /// Sets the callback URL, as on the merchant platform.
    pub fn set_callback_url(&self, url: Option<String>) {
        *lock(&self.callback_url) = url;
    }
}
