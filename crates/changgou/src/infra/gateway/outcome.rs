//! What the calls about a payment take and return, for both APIs.

use crate::domain::clock::UtcMs;
use crate::domain::money::Fen;

/// The request for a code.
#[derive(Clone, Debug)]
pub struct PrepayRequest<'a> {
    /// Shown on the buyer's phone.
    pub body: &'a str,
    pub out_trade_no: &'a str,
    /// In fen.
    pub total_fee: Fen,
    /// The buyer's IP address.
    pub client_ip: &'a str,
    /// The URL for the notice.
    pub notify_url: &'a str,
    /// The order, or the SKU whose code was scanned.
    pub product_id: &'a str,
    pub from: UtcMs,
    pub until: UtcMs,
    /// The pinned signature type, which determines the API.
    pub sign_type: &'a str,
}

/// A verified payment to this shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The attempt that was paid.
    pub out_trade_no: String,
    pub transaction_id: String,
    /// In fen.
    pub total_fee: Fen,
    /// `CNY` is expected.
    pub currency: String,
    /// `NATIVE` is expected.
    pub trade_type: String,
    /// The payer.
    pub openid: String,
    pub paid: UtcMs,
}

/// The result of requesting a code.
#[derive(Debug)]
pub enum PrepayOutcome {
    /// Valid for two hours.
    Code(PaymentCode),
    /// The attempt is paid already.
    Paid,
    /// The attempt is closed or its number was used with other parameters: a new attempt is needed.
    Spent(String),
    /// WeChat refused it; a retry will not help.
    Refused(String),
    /// It may have taken effect: retry with the same bytes.
    Unknown(String),
}

/// The code that a buyer pays with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentCode {
    /// The content of the QR code.
    pub url: String,
    /// The answer to a scan; API v3 returns none.
    pub prepay_id: Option<String>,
}

/// The state of a payment at WeChat.
#[derive(Debug)]
pub enum TradeStatus {
    Paid(Evidence),
    /// Not paid yet.
    Open,
    /// It can no longer be paid.
    Closed,
    /// Unknown to WeChat.
    Missing,
    Unknown(String),
}

/// The result of closing a payment.
#[derive(Debug)]
pub enum CloseOutcome {
    /// It can no longer be paid.
    Closed,
    /// It may be paid already: query it.
    Paid,
    /// Unknown to WeChat.
    Missing,
    /// No usable answer; it may still be paid.
    Unknown(String),
}

/// The credentials or the URL are not usable.
#[derive(Debug, thiserror::Error)]
#[error("WeChat Pay cannot be used: {0}")]
pub struct BadGateway(String);

pub(super) fn unusable(error: impl std::fmt::Display) -> BadGateway {
    BadGateway(error.to_string())
}

pub(super) fn setting_error(setting: &str, error: &dyn std::fmt::Display) -> BadGateway {
    unusable(format!("{setting}: {error}"))
}

/// A refunded payment counts as paid here. After a failed try the payment stays open until it is
/// closed.
pub(super) fn trade_status(state: wechatpay::v2::TradeState, paid: Option<Evidence>) -> TradeStatus {
    use wechatpay::v2::TradeState;
    match (state, paid) {
        (TradeState::Success | TradeState::Refund, Some(evidence)) => TradeStatus::Paid(evidence),
        (TradeState::Success | TradeState::Refund, None) => {
            TradeStatus::Unknown("paid, but not how".to_owned())
        }
        (TradeState::NotPay | TradeState::UserPaying | TradeState::PayError | TradeState::Accept, _) => {
            TradeStatus::Open
        }
        (TradeState::Closed | TradeState::Revoked, _) => TradeStatus::Closed,
    }
}
