//! Refunds in the shop's terms.

use wechatpay::v2::{self, CallError, ErrCode, RefundRecord, RefundStatus, Request};

use super::{BadGateway, Disbelieved, Gateway, sign_type};
use crate::values::clock::UtcMs;
use crate::values::money::Fen;

/// What is asked of WeChat when money shall go back.
#[derive(Clone, Debug)]
pub struct RefundAsk<'a> {
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
    /// It may have worked: ask where it stands, then again with the same bytes.
    Unknown(String),
}

/// Where a refund stands at WeChat.
#[derive(Debug)]
pub enum RefundStanding {
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
pub struct RefundTold {
    /// The number of the refund.
    pub out_refund_no: String,
    /// The attempt whose money it is.
    pub out_trade_no: String,
}

impl Gateway {
    /// The bytes to send for `ask`, to be stored before they are sent.
    pub fn refund_request(&self, ask: &RefundAsk<'_>) -> Result<String, BadGateway> {
        let Gateway::WechatV2(client) = self;
        let refund = v2::Refund {
            out_trade_no: ask.out_trade_no.to_owned(),
            out_refund_no: ask.out_refund_no.to_owned(),
            total_fee: ask.total_fee.0,
            refund_fee: ask.refund_fee.0,
            refund_desc: Some(ask.reason.to_owned()),
            notify_url: Some(ask.notify_url.to_owned()),
            sign_type: sign_type(ask.sign_type),
        };
        let request = refund.request(client.merchant()).map_err(|error| BadGateway(error.to_string()))?;
        Ok(request.as_str().to_owned())
    }

    /// Asks for a refund with the bytes [`Gateway::refund_request`] made.
    pub async fn refund(&self, request: &str, pinned: &str) -> RefundCall {
        let Gateway::WechatV2(client) = self;
        match client.refund(&Request::stored(request.to_owned()), sign_type(pinned)).await {
            Ok(accepted) => RefundCall::Accepted { refund_id: accepted.refund_id },
            Err(error) => refund_error(&error),
        }
    }

    /// Asks where a refund stands.
    pub async fn refund_standing(&self, out_refund_no: &str, pinned: &str) -> RefundStanding {
        let Gateway::WechatV2(client) = self;
        match client.refund_query(out_refund_no, sign_type(pinned)).await {
            Ok(record) => standing(record),
            Err(CallError::Refused { code: ErrCode::RefundNotExist, .. }) => RefundStanding::Missing,
            Err(error) => RefundStanding::Unknown(error.to_string()),
        }
    }

    /// Reads a refund notice of API v2, which anybody who knows the key can make.
    pub fn read_refund_notice(&self, body: &[u8]) -> Result<RefundTold, Disbelieved> {
        let Gateway::WechatV2(client) = self;
        let told = v2::read_refund_notice(body, client.merchant());
        let told = told.map_err(|error| Disbelieved { label: error.label() })?;
        Ok(RefundTold { out_refund_no: told.out_refund_no, out_trade_no: told.out_trade_no })
    }
}

/// What was not sent took no effect, but an earlier try with the same bytes may
/// have: where it stands is asked first.
fn refund_error(error: &CallError) -> RefundCall {
    let told = error.to_string();
    match error {
        CallError::Refused { code, .. } if PASSING.contains(code) => RefundCall::Later(told),
        CallError::Refused { .. } => RefundCall::Refused(told),
        CallError::Unknown(_) | CallError::NotSent(_) | CallError::Rejected { .. } => {
            RefundCall::Unknown(told)
        }
    }
}

/// Refusals that name our account or our haste.
const PASSING: [ErrCode; 4] =
    [ErrCode::NotEnough, ErrCode::InvalidReqTooMuch, ErrCode::FrequencyLimited, ErrCode::OrderNotReady];

fn standing(record: RefundRecord) -> RefundStanding {
    let facts = RefundFacts {
        out_refund_no: record.out_refund_no,
        refund_id: record.refund_id,
        out_trade_no: record.out_trade_no,
        refund_fee: Fen(record.refund_fee),
        arrived: record.success_time.map(UtcMs),
    };
    match record.status {
        RefundStatus::Success => RefundStanding::Done(facts),
        RefundStatus::Processing => RefundStanding::Processing(facts),
        RefundStatus::Closed => RefundStanding::Closed(facts),
        RefundStatus::Change => RefundStanding::Abnormal(facts),
    }
}
