//! What a simulator is told when it starts.

use std::net::SocketAddr;

use crate::clock::ClockMode;
use crate::keys::MerchantKeys;
use crate::trade::refund::RefundRule;

/// Everything [`crate::start`] needs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where to listen for https with client certificates; nothing: nowhere.
    pub listen_tls: Option<SocketAddr>,
    /// Who may take payments; at least one.
    pub merchants: Vec<Merchant>,
    /// How time passes.
    pub clock: ClockMode,
    /// How soon an order may be closed.
    pub close_rule: CloseRule,
    /// How soon one refund of a trade may follow another.
    pub refund_rule: RefundRule,
    /// How long a refund takes unless a fault says otherwise, in ms of the virtual clock.
    pub refund_takes_ms: i64,
    /// Where the notices of refunds go that name no address of their own; nothing: nowhere.
    pub refund_notify_url: Option<String>,
    /// Where scans of mode-one links are told (支付回调URL); nothing: nowhere.
    pub native_callback_url: Option<String>,
    /// The keys of merchants for API v3; who is not among them gets made-up ones.
    pub keys: Vec<MerchantKeys>,
}

impl Options {
    /// One merchant, real time, orders that may be closed at once, refunds that take a second.
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

/// One pair of appid and merchant number that belong together, with the key they sign with.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Merchant {
    /// At most 32 bytes, like `wx8888888888888888`.
    pub appid: String,
    /// At most 32 bytes, like `1900000109`.
    pub mch_id: String,
    /// The API v2 key. The simulator shows it to whoever asks: never give it a real one.
    pub api_key: String,
}

impl Merchant {
    /// The made-up merchant of the documentation and of the program without flags.
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
