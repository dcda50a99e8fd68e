//! WeChat Pay. No other module uses its protocol.
//!
//! Every answer becomes an outcome that the flows can handle. `Unknown` means that the call may have
//! taken effect: it is repeated with the same bytes. A payment stays with the API that it started with,
//! which its pinned signature type determines.

mod bill;
mod fallback_stats;
mod native;
mod notice;
mod outcome;
mod refund;
mod refund_outcome;
mod signature_pin;
mod v2;
mod v3;
mod wechat_text;

use wechatpay::v2::{SignType, V2Client as V2};
use wechatpay::v3::V3Client as V3;

use crate::domain::clock::Clock;
use crate::infra::settings::{Settings, WechatAccount};
use outcome::unusable;
use signature_pin::SignaturePin;

pub use bill::{BadBill, Bill, BillLine, BillLines, LineKind, MoneyDirection};
pub use fallback_stats::FallbackStats;
pub use native::NativeScan;
pub use notice::{
    NOTICE_ACK, NoticeHead, RejectedNotice, UnverifiedNotice, V2NoticeContent, V3NoticeContent,
    notice_refusal, notice_refusal_v3,
};
pub use outcome::{
    BadGateway, CloseOutcome, Evidence, PaymentCode, PrepayOutcome, PrepayRequest, TradeStatus,
};
pub use refund_outcome::{RefundCall, RefundCallRequest, RefundFacts, RefundNotice, RefundProgress};
pub use signature_pin::protocol_for;
pub use v3::Certificates;

/// WeChat Pay's API v2, v3 or both, for one merchant.
#[derive(Clone)]
pub struct Gateway {
    v2: Option<V2>,
    v3: Option<V3>,
    sign_type_for_new_payments: String,
    /// The signature type of the SKUs' own codes and of the callbacks for their scans.
    native_sign: SignType,
}

/// The API that a payment is pinned to, with its client.
enum PinnedApi<'a> {
    V2(&'a V2, SignType),
    V3(&'a V3),
}

impl Gateway {
    /// Opens every API that the account has keys for.
    pub fn open(account: &WechatAccount, settings: &Settings, clock: &Clock) -> Result<Gateway, BadGateway> {
        let v2 =
            account.api_key.as_ref().map(|api_key| v2::open_client(account, api_key, clock)).transpose()?;
        let v3 = account.v3.as_ref().map(|keys| v3::open_client(account, keys, clock)).transpose()?;
        let native_sign = settings.wechat_native_sign_type.parse().map_err(unusable)?;
        Ok(Gateway {
            v2,
            v3,
            sign_type_for_new_payments: signature_pin::sign_type_for_new_payments(settings).to_owned(),
            native_sign,
        })
    }

    pub fn sign_type_for_new_payments(&self) -> &str {
        &self.sign_type_for_new_payments
    }

    fn v2(&self) -> Result<&V2, BadGateway> {
        self.v2.as_ref().ok_or_else(|| unusable("this payment needs API v2, and wechat_api_key is not set"))
    }

    fn v3(&self) -> Result<&V3, BadGateway> {
        self.v3
            .as_ref()
            .ok_or_else(|| unusable("this payment needs API v3, and wechat_api_v3_key is not set"))
    }

    fn api_for(&self, pinned: &str) -> Result<PinnedApi<'_>, BadGateway> {
        match SignaturePin::parse(pinned)
            .ok_or_else(|| unusable(format!("no payment is pinned to {pinned:?}")))?
        {
            SignaturePin::V2(sign_type) => Ok(PinnedApi::V2(self.v2()?, sign_type)),
            SignaturePin::V3 => Ok(PinnedApi::V3(self.v3()?)),
        }
    }

    /// The request body for `ask`, to be stored before it is sent.
    pub fn prepay_request(&self, ask: &PrepayRequest<'_>) -> Result<String, BadGateway> {
        match self.api_for(ask.sign_type)? {
            PinnedApi::V2(client, sign_type) => v2::prepay_request(client, ask, sign_type),
            PinnedApi::V3(client) => v3::prepay_request(client, ask),
        }
    }

    /// Requests a code with a body made by [`Gateway::prepay_request`].
    pub async fn prepay(&self, request: &str, pinned: &str) -> PrepayOutcome {
        match self.api_for(pinned) {
            Ok(PinnedApi::V2(client, sign_type)) => v2::prepay(client, request, sign_type).await,
            Ok(PinnedApi::V3(client)) => v3::prepay(client, request).await,
            Err(bad) => PrepayOutcome::Unknown(bad.to_string()),
        }
    }

    /// Queries the state of a payment.
    pub async fn query(&self, out_trade_no: &str, pinned: &str) -> TradeStatus {
        match self.api_for(pinned) {
            Ok(PinnedApi::V2(client, sign_type)) => v2::query(client, out_trade_no, sign_type).await,
            Ok(PinnedApi::V3(client)) => v3::query(client, out_trade_no).await,
            Err(bad) => TradeStatus::Unknown(bad.to_string()),
        }
    }

    pub async fn close(&self, out_trade_no: &str, pinned: &str) -> CloseOutcome {
        match self.api_for(pinned) {
            Ok(PinnedApi::V2(client, sign_type)) => v2::close(client, out_trade_no, sign_type).await,
            Ok(PinnedApi::V3(client)) => v3::close(client, out_trade_no).await,
            Err(bad) => CloseOutcome::Unknown(bad.to_string()),
        }
    }

    /// Fetches WeChat's certificates of API v3.
    pub async fn refresh_certificates(&self) -> Certificates {
        match &self.v3 {
            Some(client) => v3::refresh_certificates(client).await,
            None => Certificates::NotNeeded,
        }
    }

    /// The known serial numbers and key ids of WeChat's keys of API v3.
    pub fn platform_serials(&self) -> Vec<String> {
        self.v3.as_ref().map(|client| client.keys().serials()).unwrap_or_default()
    }
}
