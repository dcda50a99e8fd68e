use std::collections::HashMap;
use std::sync::Mutex;

use crate::random;
use crate::state::lock;

/// Short links kept; beyond it the first ones are forgotten.
const MAX_LINKS: usize = 10_000;

/// Short links, and where scans are told. Holds at most [`MAX_LINKS`].
#[derive(Debug, Default)]
pub struct Links {
    short: Mutex<(Vec<String>, HashMap<String, String>)>,
    callback_url: Mutex<Option<String>>,
}

impl Links {
    /// With the merchant's 支付回调URL.
    pub fn new(callback_url: Option<String>) -> Self {
        Self { short: Mutex::default(), callback_url: Mutex::new(callback_url) }
    }

    /// A short link that leads to a long one.
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

    /// Where a link leads: what is no short one leads to itself.
    pub fn resolve(&self, link: &str) -> String {
        lock(&self.short).1.get(link).cloned().unwrap_or_else(|| link.to_owned())
    }

    /// Where scans are told; nothing: nowhere.
    pub fn callback_url(&self) -> Option<String> {
        lock(&self.callback_url).clone()
    }

    /// Sets it, as a person does on the merchant platform.
    pub fn set_callback_url(&self, url: Option<String>) {
        *lock(&self.callback_url) = url;
    }
}
