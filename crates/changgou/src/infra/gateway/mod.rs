//! WeChat Pay. No other module uses its protocol.
//!
//! Every answer becomes an outcome that the flows can handle. `Unknown` means that the call may have
//! taken effect: it is repeated with the same bytes. A payment stays with the API that it started with,
//! which its pinned signature type determines.

mod bill;
mod fallback_stats;
mod native;
mod notice;
mod pin;
mod refund;
mod texts;
mod v2;
mod v3;

use wechatpay::v2::{SignType, V2Client as V2};
use wechatpay::v3::V3Client as V3;

use crate::domain::clock::{Clock, UtcMs};
use crate::domain::money::Fen;
use crate::infra::settings::{Settings, WechatAccount};
use pin::SignaturePin;

pub use bill::{BadBill, Bill, BillLine, BillLines, LineKind, MoneyDirection};
pub use fallback_stats::FallbackStats;
pub use native::NativeScan;
pub use notice::{
    NOTICE_ACK, NoticeHead, RejectedNotice, UnverifiedNotice, V2NoticeContent, V3NoticeContent,
    notice_refusal, notice_refusal_v3,
};
pub use pin::protocol_of;
pub use refund::{RefundCall, RefundCallRequest, RefundFacts, RefundNotice, RefundProgress};
pub use v3::Certificates;

/// WeChat Pay's API v2, v3 or both, for one merchant.
#[derive(Clone)]
pub struct Gateway {
    v2: Option<V2>,
    v3: Option<V3>,
    pin: String,
    /// The signature type of the SKUs' own codes and of the callbacks for their scans.
    native_sign: SignType,
}

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

fn unusable(error: impl std::fmt::Display) -> BadGateway {
    BadGateway(error.to_string())
}

/// The error for one setting.
fn named(setting: &str, error: &dyn std::fmt::Display) -> BadGateway {
    unusable(format!("{setting}: {error}"))
}

/// The API that a payment is pinned to, with its client.
enum PinnedApi<'a> {
    V2(&'a V2, SignType),
    V3(&'a V3),
}

impl Gateway {
    /// Opens every API that the account has keys for.
    pub fn open(account: &WechatAccount, settings: &Settings, clock: &Clock) -> Result<Gateway, BadGateway> {
        let v2 = account.api_key.as_ref().map(|api_key| v2::client(account, api_key, clock)).transpose()?;
        let v3 = account.v3.as_ref().map(|keys| v3::client(account, keys, clock)).transpose()?;
        let native_sign = settings.wechat_native_sign_type.parse().map_err(unusable)?;
        Ok(Gateway { v2, v3, pin: pin::of_new(settings).to_owned(), native_sign })
    }

    /// The signature type of new payments.
    pub fn pin(&self) -> &str {
        &self.pin
    }

    fn v2(&self) -> Result<&V2, BadGateway> {
        self.v2.as_ref().ok_or_else(|| unusable("this payment needs API v2, and wechat_api_key is not set"))
    }

    fn v3(&self) -> Result<&V3, BadGateway> {
        self.v3
            .as_ref()
            .ok_or_else(|| unusable("this payment needs API v3, and wechat_api_v3_key is not set"))
    }

    fn speaks(&self, pinned: &str) -> Result<PinnedApi<'_>, BadGateway> {
        match SignaturePin::read(pinned)
            .ok_or_else(|| unusable(format!("no payment is pinned to {pinned:?}")))?
        {
            SignaturePin::V2(sign_type) => Ok(PinnedApi::V2(self.v2()?, sign_type)),
            SignaturePin::V3 => Ok(PinnedApi::V3(self.v3()?)),
        }
    }

    /// The request body for `ask`, to be stored before it is sent.
    pub fn request(&self, ask: &PrepayRequest<'_>) -> Result<String, BadGateway> {
        match self.speaks(ask.sign_type)? {
            PinnedApi::V2(client, sign_type) => v2::request(client, ask, sign_type),
            PinnedApi::V3(client) => v3::request(client, ask),
        }
    }

    /// Requests a code with a body made by [`Gateway::request`].
    pub async fn prepay(&self, request: &str, pinned: &str) -> PrepayOutcome {
        match self.speaks(pinned) {
            Ok(PinnedApi::V2(client, sign_type)) => v2::prepay(client, request, sign_type).await,
            Ok(PinnedApi::V3(client)) => v3::prepay(client, request).await,
            Err(bad) => PrepayOutcome::Unknown(bad.to_string()),
        }
    }

    /// Queries the state of a payment.
    pub async fn query(&self, out_trade_no: &str, pinned: &str) -> TradeStatus {
        match self.speaks(pinned) {
            Ok(PinnedApi::V2(client, sign_type)) => v2::query(client, out_trade_no, sign_type).await,
            Ok(PinnedApi::V3(client)) => v3::query(client, out_trade_no).await,
            Err(bad) => TradeStatus::Unknown(bad.to_string()),
        }
    }

    pub async fn close(&self, out_trade_no: &str, pinned: &str) -> CloseOutcome {
        match self.speaks(pinned) {
            Ok(PinnedApi::V2(client, sign_type)) => v2::close(client, out_trade_no, sign_type).await,
            Ok(PinnedApi::V3(client)) => v3::close(client, out_trade_no).await,
            Err(bad) => CloseOutcome::Unknown(bad.to_string()),
        }
    }

    /// Fetches WeChat's certificates of API v3.
    pub async fn refresh_certificates(&self) -> Certificates {
        match &self.v3 {
            Some(client) => v3::refresh(client).await,
            None => Certificates::NotNeeded,
        }
    }

    /// The known serial numbers and key ids of WeChat's keys of API v3.
    pub fn platform_serials(&self) -> Vec<String> {
        self.v3.as_ref().map(|client| client.keys().serials()).unwrap_or_default()
    }
}

/// A refunded payment counts as paid here. After a failed try the payment stays open until it is
/// closed.
fn trade_state(state: wechatpay::v2::TradeState, paid: Option<Evidence>) -> TradeStatus {
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
