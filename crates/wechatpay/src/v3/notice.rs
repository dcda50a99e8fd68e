//! Notices, which WeChat posts to a `notify_url` (pay.weixin.qq.com, docs `4012791882`, `4012791886`).

use serde::Deserialize;

use super::aead::EncryptedResource;
use super::json;
use super::payment::TransactionBody;
use super::refund::RefundBody;
use super::{
    PlatformKeys, SignatureHeaders, TradeState, V3Merchant, V3NoticeError, V3Payment, V3RefundRecord,
    V3RefundStatus, verify,
};
use crate::field_error::FieldError;

/// The maximum length of a notice: 64 KiB.
pub const MAX_NOTICE_BYTES: usize = 64 * 1024;

/// The status that ends the retries, without a body. Send it within 5 s, after the content was stored
/// durably.
pub const ACK_STATUS: u16 = 204;

/// The body for a 4xx or 5xx reply, which makes WeChat repeat the notice later.
pub fn refusal_body(message: &str) -> String {
    let message: String = message.chars().filter(|c| !c.is_control()).take(128).collect();
    serde_json::json!({ "code": "FAIL", "message": message }).to_string()
}

/// A verified notice from WeChat for this merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V3Notice {
    /// The id of the notice, equal in all copies: at most 64 printable ASCII characters.
    pub id: String,
    /// The event.
    pub event: V3NoticeEvent,
}

/// The event of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum V3NoticeEvent {
    /// A payment was made. Compare amount and currency with the order.
    Paid(V3Payment),
    /// A refund ended: [`V3RefundStatus::Success`], [`V3RefundStatus::Abnormal`] or
    /// [`V3RefundStatus::Closed`].
    Refunded(V3RefundRecord),
}

/// Verifies, decrypts and reads a notice. `body` is the raw request body, `now` is UTC ms.
///
/// # Errors
/// [`V3NoticeError`]. Then answer with a 4xx and [`refusal_body`]. For an unknown serial number,
/// download the certificates first: [`V3Client::read_notice`](super::V3Client::read_notice) does so.
pub fn read_notice(
    headers: &SignatureHeaders,
    body: &[u8],
    merchant: &V3Merchant,
    keys: &PlatformKeys,
    now: i64,
) -> Result<V3Notice, V3NoticeError> {
    if body.len() > MAX_NOTICE_BYTES {
        return Err(V3NoticeError::TooLong);
    }
    verify(headers, body, keys, now)?;
    let envelope: Envelope = json::read(body).ok_or(V3NoticeError::Json)?;
    if envelope.resource_type.as_deref() != Some("encrypt-resource") {
        return Err(FieldError::Malformed("resource_type").into());
    }
    let plain = envelope.resource.decrypt(&merchant.api_v3_key).ok_or(V3NoticeError::Undecryptable)?;
    let event = event(&envelope.event_type, &plain, merchant)?;
    Ok(V3Notice { id: json::token(envelope.id, "id", 64)?, event })
}

fn event(kind: &str, plain: &[u8], merchant: &V3Merchant) -> Result<V3NoticeEvent, V3NoticeError> {
    match kind {
        "TRANSACTION.SUCCESS" => paid(plain, merchant).map(V3NoticeEvent::Paid),
        "REFUND.SUCCESS" => refunded(plain, merchant, V3RefundStatus::Success),
        "REFUND.ABNORMAL" => refunded(plain, merchant, V3RefundStatus::Abnormal),
        "REFUND.CLOSED" => refunded(plain, merchant, V3RefundStatus::Closed),
        _ => Err(V3NoticeError::OtherEvent),
    }
}

fn paid(plain: &[u8], merchant: &V3Merchant) -> Result<V3Payment, V3NoticeError> {
    let transaction: TransactionBody = json::read(plain).ok_or(V3NoticeError::Json)?;
    if transaction.appid.as_ref() != Some(&merchant.appid) {
        return Err(V3NoticeError::ForeignAppid);
    }
    check_recipient(transaction.mchid.as_ref(), merchant)?;
    match transaction.trade_state.as_deref() {
        Some(state) if state == TradeState::Success.as_str() => Ok(V3Payment::from_body(transaction)?),
        _ => Err(FieldError::Malformed("trade_state").into()),
    }
}

fn refunded(
    plain: &[u8],
    merchant: &V3Merchant,
    status: V3RefundStatus,
) -> Result<V3NoticeEvent, V3NoticeError> {
    let answer: RefundBody = json::read(plain).ok_or(V3NoticeError::Json)?;
    check_recipient(answer.mchid.as_ref(), merchant)?;
    let record = V3RefundRecord::from_body(answer)?;
    if record.status != status {
        return Err(FieldError::Malformed("refund_status").into());
    }
    Ok(V3NoticeEvent::Refunded(record))
}

fn check_recipient(mchid: Option<&String>, merchant: &V3Merchant) -> Result<(), V3NoticeError> {
    if mchid == Some(&merchant.mchid) { Ok(()) } else { Err(V3NoticeError::ForeignMerchant) }
}

#[derive(Deserialize)]
struct Envelope {
    id: Option<String>,
    event_type: String,
    resource_type: Option<String>,
    resource: EncryptedResource,
}
