//! Refund notices: what WeChat posts to a refund's `notify_url` (pay.weixin.qq.com, chapter `9_16`).

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

use super::super::fields::{amount, optional_amount, present, required, token};
use super::super::notice::for_us;
use super::super::sign::lower_hex;
use super::super::{ApiKey, Fields, Merchant, NoticeError, xml};
use super::record::success_time;
use super::{RefundStatus, UnknownRefundStatus};
use crate::field_error::Fault;
use crate::zeroize::wipe;

const BLOCK: usize = 16;

/// What a refund notice says.
///
/// It is encrypted, not signed: whoever has a notice can replay it, and blocks of old notices can be
/// put together to new ones. So it is a hint to ask
/// [`Client::refund_query`](crate::v2::Client::refund_query), and no proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundNotice {
    /// Our number of the refund, at most 64 printable ASCII characters.
    pub out_refund_no: String,
    /// WeChat's number of the refund, at most 32 printable ASCII characters.
    pub refund_id: String,
    /// Our number of the payment, at most 32 printable ASCII characters.
    pub out_trade_no: String,
    /// WeChat's number of the payment, at most 32 printable ASCII characters.
    pub transaction_id: String,
    /// What the order cost in fen.
    pub total_fee: i64,
    /// What goes back in fen.
    pub refund_fee: i64,
    /// What of it the merchant bears in fen, coupons taken off.
    pub settlement_refund_fee: Option<i64>,
    /// How it ended; never [`RefundStatus::Processing`].
    pub status: RefundStatus,
    /// When the money arrived, UTC ms in whole seconds; for [`RefundStatus::Success`] alone.
    pub success_time: Option<i64>,
    /// Who asked for it: `API` or `VENDOR_PLATFORM`, a person on the merchant platform.
    pub request_source: Option<String>,
}

impl RefundNotice {
    fn from_fields(fields: &Fields) -> Result<RefundNotice, Fault> {
        let status = ended(fields)?;
        let source = present(fields, "refund_request_source");
        Ok(RefundNotice {
            out_refund_no: token(fields, "out_refund_no", 64)?,
            refund_id: token(fields, "refund_id", 32)?,
            out_trade_no: token(fields, "out_trade_no", 32)?,
            transaction_id: token(fields, "transaction_id", 32)?,
            total_fee: amount(fields, "total_fee")?,
            refund_fee: amount(fields, "refund_fee")?,
            settlement_refund_fee: optional_amount(fields, "settlement_refund_fee")?,
            status,
            success_time: success_time(status, present(fields, "success_time"))?,
            request_source: source.map(|_| token(fields, "refund_request_source", 30)).transpose()?,
        })
    }
}

/// Decrypts a refund notice and reads it. Answer as a payment notice, with
/// [`ACK`](crate::v2::ACK) or [`refusal`](crate::v2::refusal).
///
/// # Errors
/// [`NoticeError`]; [`NoticeError::Undecryptable`] when it was not encrypted with this merchant's key.
pub fn read_refund_notice(body: &[u8], merchant: &Merchant) -> Result<RefundNotice, NoticeError> {
    let fields = xml::read(body)?;
    if required(&fields, "return_code")? != "SUCCESS" {
        return Err(NoticeError::ReturnFail);
    }
    for_us(&fields, merchant)?;
    let (hidden, key) = (required(&fields, "req_info")?, &merchant.api_key);
    let mut plain = revealed(hidden, key);
    if plain.is_err() {
        key.old_if(|old| {
            plain = revealed(hidden, old);
            plain.is_ok()
        });
    }
    Ok(RefundNotice::from_fields(&plain?)?)
}

fn revealed(req_info: &str, key: &ApiKey) -> Result<Fields, NoticeError> {
    let plain = open(req_info, key).ok_or(NoticeError::Undecryptable)?;
    Ok(xml::read_rooted(&plain, "root")?)
}

/// Whether a posted body is a v2 refund notice by its looks: it holds a `req_info`. WeChat also posts
/// such notices for refunds nobody asked for by v2.
pub fn is_refund_notice(body: &[u8]) -> bool {
    xml::read(body).is_ok_and(|fields| present(&fields, "req_info").is_some())
}

fn ended(fields: &Fields) -> Result<RefundStatus, Fault> {
    let status = required(fields, "refund_status")?.parse();
    match status.map_err(|UnknownRefundStatus| Fault::Malformed("refund_status"))? {
        RefundStatus::Processing => Err(Fault::Malformed("refund_status")),
        ended @ (RefundStatus::Success | RefundStatus::Closed | RefundStatus::Change) => Ok(ended),
    }
}

/// The one answer for every failure keeps the padding from telling anything.
fn open(req_info: &str, key: &ApiKey) -> Option<Vec<u8>> {
    decrypted(req_info, aes_key(key)?)
}

fn decrypted(base64: &str, key: UnboundCipherKey) -> Option<Vec<u8>> {
    let mut bytes = STANDARD.decode(base64).ok()?;
    if bytes.is_empty() || !bytes.len().is_multiple_of(BLOCK) {
        return None;
    }
    let cipher = PaddedBlockDecryptingKey::ecb_pkcs7(key).ok()?;
    cipher.decrypt(&mut bytes, DecryptionContext::None).ok().map(|plain| plain.to_vec())
}

/// The 32 lower-case hex digits of the key's MD5, taken as bytes.
fn aes_key(key: &ApiKey) -> Option<UnboundCipherKey> {
    let hex = lower_hex(&Md5::digest(key.as_str()));
    let unbound = UnboundCipherKey::new(&AES_256, hex.as_bytes()).ok();
    wipe(hex);
    unbound
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{AES_256, ApiKey, UnboundCipherKey, decrypted, open};

    fn text(vector: &str, name: &str) -> String {
        let all = include_str!("../../../tests/vectors.json");
        let all: Value = serde_json::from_str(all).expect("the vectors are JSON");
        all[vector][name].as_str().expect("a text").to_owned()
    }

    #[test]
    fn the_agreed_vectors_open() {
        let notice = |name: &str| text("v2_refund_req_info", name);
        let opened = open(&notice("req_info"), &ApiKey::new(&notice("key")).expect("a key"));
        assert_eq!(opened.as_deref(), Some(notice("plaintext").as_bytes()));
        let plain = |name: &str| text("aes_256_ecb_pkcs7_php_sdk", name);
        let key = UnboundCipherKey::new(&AES_256, plain("key").as_bytes()).expect("32 bytes");
        let opened = decrypted(&plain("ciphertext_b64"), key);
        assert_eq!(opened.as_deref(), Some(plain("plaintext").as_bytes()));
    }

    #[test]
    fn what_cannot_be_opened_is_nothing() {
        let key = ApiKey::new("0123456789abcdef0123456789abcdef").expect("a key");
        for text in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAB==", "~"] {
            assert_eq!(open(text, &key), None, "{text}");
        }
    }
}
