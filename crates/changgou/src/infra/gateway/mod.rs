//! WeChat Pay in the shop's terms: the only place that names its protocol.
//!
//! Every answer is an outcome the flows can act on. `Unknown` means that the
//! call may have taken effect: it is asked again with the same bytes. A payment
//! stays with the API it began with: its signature says which.

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
use crate::infra::settings::{Settings, Wechat};
use pin::Pin;

pub use bill::{BadBill, Bill, BillLine, BillLines, LineKind, Way};
pub use fallback_stats::StandIns;
pub use native::Scan;
pub use notice::{
    Disbelieved, NOTICE_ACK, Notice, NoticeHead, Told, Unproven, notice_refusal, notice_refusal_v3,
};
pub use pin::protocol_of;
pub use refund::{RefundAsk, RefundCall, RefundFacts, RefundStanding, RefundTold};
pub use v3::Certificates;

/// A way to get paid: WeChat Pay's API v2, v3 or both, for one merchant.
#[derive(Clone)]
pub struct Gateway {
    v2: Option<V2>,
    v3: Option<V3>,
    pin: String,
    /// What the codes of SKUs and the scans of them are signed by.
    native_sign: SignType,
}

/// What is asked of WeChat before a buyer can pay.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// What the buyer sees on the phone.
    pub body: &'a str,
    /// The attempt's own number.
    pub out_trade_no: &'a str,
    /// The order's price, in fen.
    pub total_fee: Fen,
    /// The buyer's address on the network.
    pub client_ip: &'a str,
    /// Where the notice shall go.
    pub notify_url: &'a str,
    /// What is bought, at WeChat: an order, or the SKU whose code was scanned.
    pub product_id: &'a str,
    /// When the attempt was opened.
    pub from: UtcMs,
    /// Until when it may be paid.
    pub until: UtcMs,
    /// The signature it is pinned to; it says which API is asked.
    pub sign_type: &'a str,
}

/// Proof that money arrived, authentic and addressed to this shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The attempt it pays.
    pub out_trade_no: String,
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// What the order cost at WeChat, in fen.
    pub total_fee: Fen,
    /// The currency; `CNY` is expected.
    pub currency: String,
    /// How it was paid; `NATIVE` is expected.
    pub trade_type: String,
    /// Who paid, as WeChat names people to this shop.
    pub openid: String,
    /// When it was paid.
    pub paid: UtcMs,
}

/// What came of asking for a code.
#[derive(Debug)]
pub enum Prepay {
    /// It may be paid for two hours.
    Code(Code),
    /// This attempt is paid already.
    Paid,
    /// This attempt is closed, or its number was used with other words: take a new one.
    Spent(String),
    /// WeChat will not do it, and trying again will not help.
    Refused(String),
    /// It may have worked: ask again with the same bytes.
    Unknown(String),
}

/// By what a buyer pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The text of the QR code.
    pub url: String,
    /// What a scan is answered with; API v3 tells none.
    pub prepay_id: Option<String>,
}

/// Where a payment stands at WeChat.
#[derive(Debug)]
pub enum Trade {
    /// It is paid.
    Paid(Evidence),
    /// Not yet; it may still be paid.
    Open,
    /// It can no longer be paid.
    Closed,
    /// WeChat does not know it.
    Missing,
    /// No usable answer.
    Unknown(String),
}

/// What came of closing.
#[derive(Debug)]
pub enum Close {
    /// It can no longer be paid.
    Closed,
    /// It was paid first, or WeChat refused in words that leave it open: a query decides.
    Paid,
    /// WeChat does not know it.
    Missing,
    /// No usable answer: it may still be paid.
    Unknown(String),
}

/// The credentials or the address cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("WeChat Pay cannot be used: {0}")]
pub struct BadGateway(String);

fn unusable(error: impl std::fmt::Display) -> BadGateway {
    BadGateway(error.to_string())
}

/// The same, of one setting.
fn named(setting: &str, error: &dyn std::fmt::Display) -> BadGateway {
    unusable(format!("{setting}: {error}"))
}

/// The API a payment is pinned to, with what speaks it.
enum Speaks<'a> {
    V2(&'a V2, SignType),
    V3(&'a V3),
}

impl Gateway {
    /// Every API this account has the keys of. New payments are pinned as the settings wish.
    pub fn open(account: &Wechat, settings: &Settings, clock: &Clock) -> Result<Gateway, BadGateway> {
        let v2 = account.api_key.as_ref().map(|api_key| v2::client(account, api_key, clock)).transpose()?;
        let v3 = account.v3.as_ref().map(|keys| v3::client(account, keys, clock)).transpose()?;
        let native_sign = settings.wechat_native_sign_type.parse().map_err(unusable)?;
        Ok(Gateway { v2, v3, pin: pin::of_new(settings).to_owned(), native_sign })
    }

    /// The signature new payments are pinned to.
    pub fn pin(&self) -> &str {
        &self.pin
    }

    /// Who speaks API v2.
    fn v2(&self) -> Result<&V2, BadGateway> {
        self.v2.as_ref().ok_or_else(|| unusable("this payment needs API v2, and wechat_api_key is not set"))
    }

    /// Who speaks API v3.
    fn v3(&self) -> Result<&V3, BadGateway> {
        self.v3
            .as_ref()
            .ok_or_else(|| unusable("this payment needs API v3, and wechat_api_v3_key is not set"))
    }

    fn speaks(&self, pinned: &str) -> Result<Speaks<'_>, BadGateway> {
        match Pin::read(pinned).ok_or_else(|| unusable(format!("no payment is pinned to {pinned:?}")))? {
            Pin::V2(sign_type) => Ok(Speaks::V2(self.v2()?, sign_type)),
            Pin::V3 => Ok(Speaks::V3(self.v3()?)),
        }
    }

    /// The bytes to send for `ask`, to be stored before they are sent.
    pub fn request(&self, ask: &Ask<'_>) -> Result<String, BadGateway> {
        match self.speaks(ask.sign_type)? {
            Speaks::V2(client, sign_type) => v2::request(client, ask, sign_type),
            Speaks::V3(client) => v3::request(client, ask),
        }
    }

    /// Asks for a code with the bytes [`Gateway::request`] made.
    pub async fn prepay(&self, request: &str, pinned: &str) -> Prepay {
        match self.speaks(pinned) {
            Ok(Speaks::V2(client, sign_type)) => v2::prepay(client, request, sign_type).await,
            Ok(Speaks::V3(client)) => v3::prepay(client, request).await,
            Err(bad) => Prepay::Unknown(bad.to_string()),
        }
    }

    /// Asks where a payment stands.
    pub async fn query(&self, out_trade_no: &str, pinned: &str) -> Trade {
        match self.speaks(pinned) {
            Ok(Speaks::V2(client, sign_type)) => v2::query(client, out_trade_no, sign_type).await,
            Ok(Speaks::V3(client)) => v3::query(client, out_trade_no).await,
            Err(bad) => Trade::Unknown(bad.to_string()),
        }
    }

    /// Closes a payment, so that it can no longer be paid.
    pub async fn close(&self, out_trade_no: &str, pinned: &str) -> Close {
        match self.speaks(pinned) {
            Ok(Speaks::V2(client, sign_type)) => v2::close(client, out_trade_no, sign_type).await,
            Ok(Speaks::V3(client)) => v3::close(client, out_trade_no).await,
            Err(bad) => Close::Unknown(bad.to_string()),
        }
    }

    /// Fetches the certificates WeChat signs with under API v3.
    pub async fn refresh_certificates(&self) -> Certificates {
        match &self.v3 {
            Some(client) => v3::refresh(client).await,
            None => Certificates::NotNeeded,
        }
    }

    /// What WeChat signs with under API v3, as far as it is known: serial numbers and key ids.
    pub fn platform_serials(&self) -> Vec<String> {
        self.v3.as_ref().map(|client| client.keys().serials()).unwrap_or_default()
    }
}

/// A refunded payment was paid first, so it counts as paid here; a failed try
/// leaves the payment open until it is closed.
fn trade_state(state: wechatpay::v2::TradeState, paid: Option<Evidence>) -> Trade {
    use wechatpay::v2::TradeState;
    match (state, paid) {
        (TradeState::Success | TradeState::Refund, Some(evidence)) => Trade::Paid(evidence),
        (TradeState::Success | TradeState::Refund, None) => Trade::Unknown("paid, but not how".to_owned()),
        (TradeState::NotPay | TradeState::UserPaying | TradeState::PayError | TradeState::Accept, _) => {
            Trade::Open
        }
        (TradeState::Closed | TradeState::Revoked, _) => Trade::Closed,
    }
}
