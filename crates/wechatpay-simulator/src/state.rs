//! Everything one simulated WeChat Pay knows. It shares nothing with any shop.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::{Clock, ClockMode};
use crate::faults::Armed;
use crate::keys::KeyRing;
use crate::notice::Post;
use crate::options::{CloseRule, Merchant, Options};
use crate::scan::Links;
use crate::server::StartError;
use crate::trade::refund::RefundRule;
use crate::trade::store::Book;
use crate::v3::bill::Shelf;

/// A handle; clones share one world.
#[derive(Debug, Clone)]
pub struct World(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    merchants: Mutex<Vec<Merchant>>,
    close_rule: CloseRule,
    refund_rule: RefundRule,
    refund_takes_ms: i64,
    refund_notify_url: Mutex<Option<String>>,
    keys: KeyRing,
    links: Links,
    shelf: Mutex<Shelf>,
    clock: Clock,
    book: Mutex<Book>,
    faults: Mutex<Armed>,
    post: Post,
}

impl World {
    /// A world in which nothing was ordered yet.
    pub fn new(options: &Options) -> Result<Self, StartError> {
        if options.merchants.is_empty() {
            return Err(StartError::NoMerchant);
        }
        let inner = Inner {
            merchants: Mutex::new(options.merchants.clone()),
            close_rule: options.close_rule,
            refund_rule: options.refund_rule,
            refund_takes_ms: options.refund_takes_ms.max(0),
            refund_notify_url: Mutex::new(options.refund_notify_url.clone()),
            keys: KeyRing::new(
                options.merchants.iter().map(|merchant| merchant.mch_id.clone()),
                &options.keys,
            )?,
            links: Links::new(options.native_callback_url.clone()),
            shelf: Mutex::default(),
            clock: Clock::new(options.clock),
            book: Mutex::default(),
            faults: Mutex::default(),
            post: Post::new().map_err(StartError::Client)?,
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Delivers notices when they are due, for ever. A manual clock has nothing to wait for: this ends at once.
    pub async fn deliver_notices(self) {
        match self.0.clock.mode() {
            ClockMode::Real => crate::notice::delivery_loop::forever(self).await,
            ClockMode::Manual { .. } => {}
        }
    }

    /// As they are now; at least one.
    pub(crate) fn merchants(&self) -> Vec<Merchant> {
        lock(&self.0.merchants).clone()
    }

    /// Another API v2 key for a merchant under all his appids. It counts for everything that is signed from
    /// now on, of trades made before too; notices that are on their way stay as they are.
    pub(crate) fn change_api_key(&self, mch_id: &str, api_key: &str) {
        for merchant in lock(&self.0.merchants).iter_mut().filter(|merchant| merchant.mch_id == mch_id) {
            merchant.api_key = api_key.to_owned();
        }
        self.book().change_api_key(mch_id, api_key);
    }

    pub(crate) fn close_rule(&self) -> CloseRule {
        self.0.close_rule
    }

    pub(crate) fn refund_rule(&self) -> RefundRule {
        self.0.refund_rule
    }

    pub(crate) fn refund_takes_ms(&self) -> i64 {
        self.0.refund_takes_ms
    }

    pub(crate) fn refund_notify_url(&self) -> Option<String> {
        lock(&self.0.refund_notify_url).clone()
    }

    pub(crate) fn set_refund_notify_url(&self, url: Option<String>) {
        *lock(&self.0.refund_notify_url) = url;
    }

    pub(crate) fn links(&self) -> &Links {
        &self.0.links
    }

    pub(crate) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        lock(&self.0.shelf)
    }

    pub(crate) fn keys(&self) -> &KeyRing {
        &self.0.keys
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        lock(&self.0.book)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Armed> {
        lock(&self.0.faults)
    }

    pub(crate) fn post(&self) -> &Post {
        &self.0.post
    }
}

/// Nothing that runs under these locks leaves a half-made change behind, so a poisoned one is still good.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
