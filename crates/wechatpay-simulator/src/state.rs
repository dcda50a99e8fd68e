//! The state of one simulated WeChat Pay. It shares nothing with any shop.

use std::sync::{Arc, Mutex, MutexGuard};

use crate::clock::VirtualClock;
use crate::faults::ActiveFaults;
use crate::keys::KeyRing;
use crate::notice::NoticeDispatcher;
use crate::options::{CloseRule, Merchant, SimulatorOptions};
use crate::scan::LinkRegistry;
use crate::start_error::StartError;
use crate::sync::lock;
use crate::trade::refund::RefundRule;
use crate::trade::store::TradeStore;
use crate::v3::bill_files::BillFileStore;

/// A handle. Clones share the same state.
#[derive(Debug, Clone)]
pub struct SimulatorState(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    merchants: Mutex<Vec<Merchant>>,
    close_rule: CloseRule,
    refund_rule: RefundRule,
    refund_takes_ms: i64,
    refund_notify_url: Mutex<Option<String>>,
    keys: KeyRing,
    links: LinkRegistry,
    bill_files: Mutex<BillFileStore>,
    clock: VirtualClock,
    trades: Mutex<TradeStore>,
    faults: Mutex<ActiveFaults>,
    dispatcher: NoticeDispatcher,
}

impl SimulatorState {
    /// Creates the state without any orders.
    pub fn new(options: &SimulatorOptions) -> Result<Self, StartError> {
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
            links: LinkRegistry::new(options.native_callback_url.clone()),
            bill_files: Mutex::default(),
            clock: VirtualClock::new(options.clock),
            trades: Mutex::default(),
            faults: Mutex::default(),
            dispatcher: NoticeDispatcher::new().map_err(StartError::Client)?,
        };
        Ok(Self(Arc::new(inner)))
    }

    /// The current merchants; at least one.
    pub(crate) fn merchants(&self) -> Vec<Merchant> {
        lock(&self.0.merchants).clone()
    }

    /// Changes the API v2 key of a merchant for all its appids. Everything signed from now on uses it, also for older
    /// trades. Notices that are already queued stay unchanged.
    pub(crate) fn change_api_key(&self, mch_id: &str, api_key: &str) {
        for merchant in lock(&self.0.merchants).iter_mut().filter(|merchant| merchant.mch_id == mch_id) {
            merchant.api_key = api_key.to_owned();
        }
        self.trades().change_api_key(mch_id, api_key);
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

    pub(crate) fn links(&self) -> &LinkRegistry {
        &self.0.links
    }

    pub(crate) fn bill_files(&self) -> MutexGuard<'_, BillFileStore> {
        lock(&self.0.bill_files)
    }

    pub(crate) fn keys(&self) -> &KeyRing {
        &self.0.keys
    }

    pub(crate) fn clock(&self) -> &VirtualClock {
        &self.0.clock
    }

    pub(crate) fn trades(&self) -> MutexGuard<'_, TradeStore> {
        lock(&self.0.trades)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, ActiveFaults> {
        lock(&self.0.faults)
    }

    pub(crate) fn dispatcher(&self) -> &NoticeDispatcher {
        &self.0.dispatcher
    }
}
