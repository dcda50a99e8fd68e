//! The options of a simulator.

use std::net::SocketAddr;

use crate::clock::ClockMode;
use crate::keys::MerchantKeys;
use crate::trade::refund::RefundRule;

/// The options of [`crate::start`].
#[derive(Debug, Clone)]
pub struct SimulatorOptions {
    /// The address to listen on. Port 0 takes a free port.
    pub listen: SocketAddr,
    /// The address of the https listener with client certificates; `None` for no such listener.
    pub listen_tls: Option<SocketAddr>,
    /// The merchants; at least one.
    pub merchants: Vec<Merchant>,
    /// How time passes.
    pub clock: ClockMode,
    /// How soon an order can be closed.
    pub close_rule: CloseRule,
    /// How soon a further refund of a trade is allowed.
    pub refund_rule: RefundRule,
    /// How long a refund takes without a fault, in ms of the virtual clock.
    pub refund_takes_ms: i64,
    /// The URL for refund notices of refunds without their own; `None` to send none.
    pub refund_notify_url: Option<String>,
    /// The callback URL for scans of mode-one links (支付回调URL); `None` for no callback.
    pub native_callback_url: Option<String>,
    /// The API v3 keys of the merchants. Missing ones are generated.
    pub keys: Vec<MerchantKeys>,
}

impl SimulatorOptions {
    /// The defaults: one merchant, real time, orders that can be closed at once, refunds that take one second.
    pub fn new(listen: SocketAddr, merchant: Merchant) -> Self {
        Self {
            listen,
            listen_tls: None,
            merchants: vec![merchant],
            clock: ClockMode::Real,
            close_rule: CloseRule::AtOnce,
            refund_rule: RefundRule::AnyTime,
            refund_takes_ms: 1000,
            refund_notify_url: None,
            native_callback_url: None,
            keys: Vec::new(),
        }
    }
}

/// A merchant: an appid and a merchant number that belong together, with the API v2 key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Merchant {
    /// The appid, at most 32 bytes, such as `wx8888888888888888`.
    pub appid: String,
    /// The merchant number, at most 32 bytes, such as `1900000109`.
    pub mch_id: String,
    /// The API v2 key. The simulator shows it to anyone: never use a real one.
    pub api_key: String,
}

impl Merchant {
    /// The demo merchant of the documentation and of the program without flags.
    pub fn demo() -> Self {
        Self {
            appid: "wx8888888888888888".to_owned(),
            mch_id: "1900000109".to_owned(),
            api_key: "0123456789abcdef0123456789abcdef".to_owned(),
        }
    }
}

/// When `closeorder` may follow `unifiedorder`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CloseRule {
    /// At once, as API v3 allows.
    #[default]
    AtOnce,
    /// Five minutes after the order was made, as the API v2 page of `closeorder` says.
    AfterFiveMinutes,
}
