//! Refunds in the shop's terms.

use super::{BadGateway, Gateway, PinnedApi, RejectedNotice, notice, texts, v2, v3};
use crate::domain::clock::UtcMs;
use crate::domain::money::Fen;

/// What is asked of WeChat when money shall go back.
#[derive(Clone, Debug)]
pub struct RefundCallRequest<'a> {
    /// The attempt whose money it is.
    pub out_trade_no: &'a str,
    /// The refund's own number.
    pub out_refund_no: &'a str,
    /// What was paid by the attempt, in fen.
    pub total_fee: Fen,
    /// What goes back, in fen.
    pub refund_fee: Fen,
    /// What the buyer reads, at most 80 bytes.
    pub reason: &'a str,
    /// Where the notice shall go.
    pub notify_url: &'a str,
    /// The signature the attempt is pinned to.
    pub sign_type: &'a str,
}

/// What came of asking for a refund.
#[derive(Debug)]
pub enum RefundCall {
    /// WeChat took it on; the money is not there yet.
    Accepted {
        /// WeChat's number of the refund.
        refund_id: String,
    },
    /// Not now, but the same bytes may do later: the account is empty, or too much is asked at once.
    Later(String),
    /// WeChat will not do it, and trying again will not help.
    Refused(String),
    /// Nothing was sent: a key that is gone has signed the bytes. New ones are needed, under the same number.
    Stale(String),
    /// It may have worked: ask where it stands, then again with the same bytes.
    Unknown(String),
}

/// Where a refund stands at WeChat.
#[derive(Debug)]
pub enum RefundProgress {
    /// The money arrived.
    Done(RefundFacts),
    /// It is on its way.
    Processing(RefundFacts),
    /// It came to nothing: only one with another number can follow.
    Closed(RefundFacts),
    /// The payer's account takes no money: a person has to pay it out.
    Abnormal(RefundFacts),
    /// WeChat does not know it: it was not accepted.
    Missing,
    /// No usable answer.
    Unknown(String),
}

/// What WeChat knows of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundFacts {
    /// Our number of it, or the merchant platform's.
    pub out_refund_no: String,
    /// WeChat's number of it.
    pub refund_id: String,
    /// The attempt whose money it is.
    pub out_trade_no: String,
    /// What goes back, in fen.
    pub refund_fee: Fen,
    /// When the money arrived.
    pub arrived: Option<UtcMs>,
}

/// A refund a notice is about. What it says is not believed: it says what to ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundNotice {
    /// The number of the refund.
    pub out_refund_no: String,
    /// The attempt whose money it is.
    pub out_trade_no: String,
}

impl Gateway {
    /// The bytes to send for `ask`, to be stored before they are sent.
    pub fn refund_request(&self, ask: &RefundCallRequest<'_>) -> Result<String, BadGateway> {
        match self.speaks(ask.sign_type)? {
            PinnedApi::V2(client, sign_type) => v2::refund::request(client, ask, sign_type),
            PinnedApi::V3(_) => v3::refund::request(ask),
        }
    }

    /// Asks for a refund with the bytes [`Gateway::refund_request`] made.
    pub async fn refund(&self, request: &str, pinned: &str) -> RefundCall {
        match self.speaks(pinned) {
            Ok(PinnedApi::V2(client, sign_type)) => v2::refund::ask(client, request, sign_type).await,
            Ok(PinnedApi::V3(client)) => v3::refund::ask(client, request).await,
            Err(bad) => RefundCall::Unknown(bad.to_string()),
        }
    }

    /// Asks where a refund stands.
    pub async fn refund_standing(&self, out_refund_no: &str, pinned: &str) -> RefundProgress {
        match self.speaks(pinned) {
            Ok(PinnedApi::V2(client, sign_type)) => {
                v2::refund::standing(client, out_refund_no, sign_type).await
            }
            Ok(PinnedApi::V3(client)) => v3::refund::standing(client, out_refund_no).await,
            Err(bad) => RefundProgress::Unknown(bad.to_string()),
        }
    }

    /// Reads a refund notice of API v2, which anybody who knows the key can make.
    pub fn read_refund_notice(&self, body: &[u8]) -> Result<RefundNotice, RejectedNotice> {
        let client = self.v2().map_err(|_| notice::OTHER_PROTOCOL)?;
        let told = wechatpay::v2::read_refund_notice(body, client.merchant());
        let told = told.map_err(|error| RejectedNotice { label: error.label() })?;
        Ok(RefundNotice { out_refund_no: told.out_refund_no, out_trade_no: told.out_trade_no })
    }
}

/// Bytes of a reason that WeChat takes at most.
const REASON_BYTES_MAX: usize = 80;

/// A reason as WeChat takes it: what a buyer wrote must not keep their money back.
pub(super) fn sayable(reason: &str) -> String {
    let said = texts::sayable(reason, REASON_BYTES_MAX);
    if said.trim().is_empty() { "退款".to_owned() } else { said }
}
