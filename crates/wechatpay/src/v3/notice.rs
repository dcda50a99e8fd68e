//! Notices: what WeChat posts to a `notify_url` (pay.weixin.qq.com, docs `4012791882`, `4012791886`).

use serde::Deserialize;

use super::aead::Sealed;
use super::json;
use super::payment::Transaction;
use super::refund::RefundAnswer;
use super::{
    Merchant, NoticeError, Payment, PlatformKeys, RefundRecord, RefundStatus, SignedHeaders, TradeState,
    verify,
};
use crate::field_error::Fault;

/// The longest notice read: 64 KiB.
pub const MAX_NOTICE: usize = 64 * 1024;

/// The status that ends the retries; no body is needed. Send it once what the notice says is durable,
/// within 5 s.
pub const ACK_STATUS: u16 = 204;

/// The body that goes with a 4xx or 5xx and makes WeChat post the notice again later.
pub fn refusal(message: &str) -> String {
    let message: String = message.chars().filter(|c| !c.is_control()).take(128).collect();
    serde_json::json!({ "code": "FAIL", "message": message }).to_string()
}

/// A notice that is proven to be WeChat's, and for this merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The notice's own number, the same in every copy: at most 64 printable ASCII characters.
    pub id: String,
    /// What happened.
    pub event: Event,
}

/// What a notice tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A payment was made. Amount and currency have still to be compared with the order.
    Paid(Payment),
    /// A refund came to an end: [`RefundStatus::Success`], [`RefundStatus::Abnormal`] or
    /// [`RefundStatus::Closed`].
    Refunded(RefundRecord),
}

/// Proves a notice, decrypts it and reads it. `body` are the bytes as they came, `now` is UTC ms.
///
/// # Errors
/// [`NoticeError`]; answer with a 4xx and [`refusal`] then. On an unknown serial it is worth fetching
/// certificates first: [`Client::read_notice`](super::Client::read_notice) does so.
pub fn read_notice(
    headers: &SignedHeaders,
    body: &[u8],
    merchant: &Merchant,
    keys: &PlatformKeys,
    now: i64,
) -> Result<Notice, NoticeError> {
    if body.len() > MAX_NOTICE {
        return Err(NoticeError::TooLong);
    }
    verify(headers, body, keys, now)?;
    let envelope: Envelope = json::read(body).ok_or(NoticeError::Json)?;
    if envelope.resource_type.as_deref() != Some("encrypt-resource") {
        return Err(Fault::Malformed("resource_type").into());
    }
    let plain = envelope.resource.open(&merchant.api_v3_key).ok_or(NoticeError::Undecryptable)?;
    let event = event(&envelope.event_type, &plain, merchant)?;
    Ok(Notice { id: json::token(envelope.id, "id", 64)?, event })
}

fn event(kind: &str, plain: &[u8], merchant: &Merchant) -> Result<Event, NoticeError> {
    match kind {
        "TRANSACTION.SUCCESS" => paid(plain, merchant).map(Event::Paid),
        "REFUND.SUCCESS" => refunded(plain, merchant, RefundStatus::Success),
        "REFUND.ABNORMAL" => refunded(plain, merchant, RefundStatus::Abnormal),
        "REFUND.CLOSED" => refunded(plain, merchant, RefundStatus::Closed),
        _ => Err(NoticeError::OtherEvent),
    }
}

fn paid(plain: &[u8], merchant: &Merchant) -> Result<Payment, NoticeError> {
    let transaction: Transaction = json::read(plain).ok_or(NoticeError::Json)?;
    if transaction.appid.as_ref() != Some(&merchant.appid) {
        return Err(NoticeError::ForeignAppid);
    }
    for_us(transaction.mchid.as_ref(), merchant)?;
    match transaction.trade_state.as_deref() {
        Some(state) if state == TradeState::Success.as_str() => Ok(Payment::of(transaction)?),
        _ => Err(Fault::Malformed("trade_state").into()),
    }
}

fn refunded(plain: &[u8], merchant: &Merchant, status: RefundStatus) -> Result<Event, NoticeError> {
    let answer: RefundAnswer = json::read(plain).ok_or(NoticeError::Json)?;
    for_us(answer.mchid.as_ref(), merchant)?;
    let record = RefundRecord::of(answer)?;
    if record.status != status {
        return Err(Fault::Malformed("refund_status").into());
    }
    Ok(Event::Refunded(record))
}

fn for_us(mchid: Option<&String>, merchant: &Merchant) -> Result<(), NoticeError> {
    if mchid == Some(&merchant.mchid) { Ok(()) } else { Err(NoticeError::ForeignMerchant) }
}

#[derive(Deserialize)]
struct Envelope {
    id: Option<String>,
    event_type: String,
    resource_type: Option<String>,
    resource: Sealed,
}
