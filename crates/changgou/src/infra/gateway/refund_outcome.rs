//! What the calls about a refund take and return, for both APIs.

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
