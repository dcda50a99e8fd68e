//! Refunds at WeChat.

use super::{BadGateway, Gateway, PinnedApi, RejectedNotice, notice, v2, v3};
use crate::domain::clock::UtcMs;
use crate::domain::money::Fen;

/// The request for a refund.
#[derive(Clone, Debug)]
pub struct RefundCallRequest<'a> {
    pub out_trade_no: &'a str,
    pub out_refund_no: &'a str,
    /// The amount of the payment, in fen.
    pub total_fee: Fen,
    /// The amount of the refund, in fen.
    pub refund_fee: Fen,
    /// Shown to the buyer; at most 80 bytes.
    pub reason: &'a str,
    /// The URL for the notice.
    pub notify_url: &'a str,
    /// The pinned signature type.
    pub sign_type: &'a str,
}

/// The result of requesting a refund.
#[derive(Debug)]
pub enum RefundCall {
    /// WeChat has accepted it; the money has not arrived yet.
    Accepted { refund_id: String },
    /// The same request may succeed later: the balance is too low or the rate limit is reached.
    Later(String),
    /// WeChat refused it; a retry will not help.
    Refused(String),
    /// Nothing was sent: the body is signed with a key that is gone. A new body is needed, with the
    /// same number.
    Stale(String),
    /// It may have taken effect: query it, then retry with the same bytes.
    Unknown(String),
}

/// The state of a refund at WeChat.
#[derive(Debug)]
pub enum RefundProgress {
    /// The payer has received the money.
    Done(RefundFacts),
    /// In progress.
    Processing(RefundFacts),
    /// It failed; a retry needs another number.
    Closed(RefundFacts),
    /// The payer's account cannot receive the money; an operator has to pay it out.
    Abnormal(RefundFacts),
    /// Unknown to WeChat: it was not accepted.
    Missing,
    Unknown(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundFacts {
    /// Our number, or that of the merchant platform.
    pub out_refund_no: String,
    pub refund_id: String,
    pub out_trade_no: String,
    /// The amount of the refund, in fen.
    pub refund_fee: Fen,
    pub arrived: Option<UtcMs>,
}

/// The refund of a notice. Its result is not trusted, but queried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundNotice {
    pub out_refund_no: String,
    pub out_trade_no: String,
}

impl Gateway {
    /// The request body for `ask`, to be stored before it is sent.
    pub fn refund_request(&self, ask: &RefundCallRequest<'_>) -> Result<String, BadGateway> {
        match self.speaks(ask.sign_type)? {
            PinnedApi::V2(client, sign_type) => v2::refund::request(client, ask, sign_type),
            PinnedApi::V3(_) => v3::refund::request(ask),
        }
    }

    /// Requests a refund with a body made by [`Gateway::refund_request`].
    pub async fn refund(&self, request: &str, pinned: &str) -> RefundCall {
        match self.speaks(pinned) {
            Ok(PinnedApi::V2(client, sign_type)) => v2::refund::ask(client, request, sign_type).await,
            Ok(PinnedApi::V3(client)) => v3::refund::ask(client, request).await,
            Err(bad) => RefundCall::Unknown(bad.to_string()),
        }
    }

    /// Queries the state of a refund.
    pub async fn refund_standing(&self, out_refund_no: &str, pinned: &str) -> RefundProgress {
        match self.speaks(pinned) {
            Ok(PinnedApi::V2(client, sign_type)) => {
                v2::refund::standing(client, out_refund_no, sign_type).await
            }
            Ok(PinnedApi::V3(client)) => v3::refund::standing(client, out_refund_no).await,
            Err(bad) => RefundProgress::Unknown(bad.to_string()),
        }
    }

    /// Decrypts a refund notice of API v2. It is not signed: anybody who knows the key can make one.
    pub fn read_refund_notice(&self, body: &[u8]) -> Result<RefundNotice, RejectedNotice> {
        let client = self.v2().map_err(|_| notice::OTHER_PROTOCOL)?;
        let told = wechatpay::v2::read_refund_notice(body, client.merchant());
        let told = told.map_err(|error| RejectedNotice { label: error.label() })?;
        Ok(RefundNotice { out_refund_no: told.out_refund_no, out_trade_no: told.out_trade_no })
    }
}
