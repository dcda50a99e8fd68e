//! Refund notices, which WeChat posts to the `notify_url` of a refund (pay.weixin.qq.com, chapter
//! `9_16`).

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

use super::super::fields::{amount, non_empty, optional_amount, required, token};
use super::super::notice::check_recipient;
use super::super::sign::lower_hex;
use super::super::{ApiKey, Fields, V2Merchant, V2NoticeError, xml};
use super::record::success_time;
use super::{V2RefundStatus, V2UnknownRefundStatus};
use crate::field_error::FieldError;
use crate::zeroize::zeroize;

const BLOCK: usize = 16;

/// The content of a refund notice.
///
/// It is encrypted, but not signed: an old notice can be replayed, and blocks of old notices can be
/// recombined. So treat it as a reason to call
/// [`V2Client::query_refund`](crate::v2::V2Client::query_refund), not as proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V2RefundNotice {
    /// The merchant's refund number, at most 64 printable ASCII characters.
    pub out_refund_no: String,
    /// WeChat's refund number, at most 32 printable ASCII characters.
    pub refund_id: String,
    /// The merchant's order number, at most 32 printable ASCII characters.
    pub out_trade_no: String,
    /// WeChat's payment number, at most 32 printable ASCII characters.
    pub transaction_id: String,
    /// The order amount in fen.
    pub total_fee: i64,
    /// The refund amount in fen.
    pub refund_fee: i64,
    /// The part paid by the merchant in fen, without coupons.
    pub settlement_refund_fee: Option<i64>,
    /// The final status; never [`V2RefundStatus::Processing`].
    pub status: V2RefundStatus,
    /// When the payer received the money, UTC ms in whole seconds; only for
    /// [`V2RefundStatus::Success`].
    pub success_time: Option<i64>,
    /// The source of the refund: `API`, or `VENDOR_PLATFORM` for a refund made on the merchant
    /// platform.
    pub request_source: Option<String>,
}

impl V2RefundNotice {
    fn from_fields(fields: &Fields) -> Result<V2RefundNotice, FieldError> {
        let status = final_status(fields)?;
        let source = non_empty(fields, "refund_request_source");
        Ok(V2RefundNotice {
            out_refund_no: token(fields, "out_refund_no", 64)?,
            refund_id: token(fields, "refund_id", 32)?,
            out_trade_no: token(fields, "out_trade_no", 32)?,
            transaction_id: token(fields, "transaction_id", 32)?,
            total_fee: amount(fields, "total_fee")?,
            refund_fee: amount(fields, "refund_fee")?,
            settlement_refund_fee: optional_amount(fields, "settlement_refund_fee")?,
            status,
            success_time: success_time(status, non_empty(fields, "success_time"))?,
            request_source: source.map(|_| token(fields, "refund_request_source", 30)).transpose()?,
        })
    }
}

/// Decrypts and reads a refund notice. Answer it like a payment notice, with [`ACK`](crate::v2::ACK) or
/// [`refusal_body`](crate::v2::refusal_body).
///
/// # Errors
/// [`V2NoticeError`]; [`V2NoticeError::Undecryptable`] if it was not encrypted with this merchant's
/// key.
pub fn read_refund_notice(body: &[u8], merchant: &V2Merchant) -> Result<V2RefundNotice, V2NoticeError> {
    let fields = xml::read(body)?;
    if required(&fields, "return_code")? != "SUCCESS" {
        return Err(V2NoticeError::ReturnFail);
    }
    check_recipient(&fields, merchant)?;
    let (hidden, key) = (required(&fields, "req_info")?, &merchant.api_key);
    let mut plain = decrypted_fields(hidden, key);
    if plain.is_err() {
        key.previous_if(|previous| {
            plain = decrypted_fields(hidden, previous);
            plain.is_ok()
        });
    }
    Ok(V2RefundNotice::from_fields(&plain?)?)
}

fn decrypted_fields(req_info: &str, key: &ApiKey) -> Result<Fields, V2NoticeError> {
    let plain = decrypt_req_info(req_info, key).ok_or(V2NoticeError::Undecryptable)?;
    Ok(xml::read_rooted(&plain, "root")?)
}

/// Whether a body looks like a v2 refund notice: it has a `req_info` field. WeChat also posts such
/// notices for refunds that were not requested by API v2.
pub fn is_refund_notice(body: &[u8]) -> bool {
    xml::read(body).is_ok_and(|fields| non_empty(&fields, "req_info").is_some())
}

fn final_status(fields: &Fields) -> Result<V2RefundStatus, FieldError> {
    let status = required(fields, "refund_status")?.parse();
    match status.map_err(|V2UnknownRefundStatus| FieldError::Malformed("refund_status"))? {
        V2RefundStatus::Processing => Err(FieldError::Malformed("refund_status")),
        ended @ (V2RefundStatus::Success | V2RefundStatus::Closed | V2RefundStatus::Change) => Ok(ended),
    }
}

/// All failures return the same value, so that the padding reveals nothing.
fn decrypt_req_info(req_info: &str, key: &ApiKey) -> Option<Vec<u8>> {
    aes_ecb_decrypt(req_info, aes_key(key)?)
}

fn aes_ecb_decrypt(base64: &str, key: UnboundCipherKey) -> Option<Vec<u8>> {
    let mut bytes = STANDARD.decode(base64).ok()?;
    if bytes.is_empty() || !bytes.len().is_multiple_of(BLOCK) {
        return None;
    }
    let cipher = PaddedBlockDecryptingKey::ecb_pkcs7(key).ok()?;
    cipher.decrypt(&mut bytes, DecryptionContext::None).ok().map(|plain| plain.to_vec())
}

/// The key is the MD5 of the API key, as 32 lower-case hex digits.
fn aes_key(key: &ApiKey) -> Option<UnboundCipherKey> {
    let hex = lower_hex(&Md5::digest(key.as_str()));
    let unbound = UnboundCipherKey::new(&AES_256, hex.as_bytes()).ok();
    zeroize(hex);
    unbound
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{AES_256, ApiKey, UnboundCipherKey, aes_ecb_decrypt, decrypt_req_info};

    fn text(vector: &str, name: &str) -> String {
        let all = include_str!("../../../tests/vectors.json");
        let all: Value = serde_json::from_str(all).expect("the vectors are JSON");
        all[vector][name].as_str().expect("a text").to_owned()
    }

    #[test]
    fn the_agreed_vectors_open() {
        let notice = |name: &str| text("v2_refund_req_info", name);
        let opened = decrypt_req_info(&notice("req_info"), &ApiKey::new(&notice("key")).expect("a key"));
        assert_eq!(opened.as_deref(), Some(notice("plaintext").as_bytes()));
        let plain = |name: &str| text("aes_256_ecb_pkcs7_php_sdk", name);
        let key = UnboundCipherKey::new(&AES_256, plain("key").as_bytes()).expect("32 bytes");
        let opened = aes_ecb_decrypt(&plain("ciphertext_b64"), key);
        assert_eq!(opened.as_deref(), Some(plain("plaintext").as_bytes()));
    }

    #[test]
    fn what_cannot_be_opened_is_nothing() {
        let key = ApiKey::new("0123456789abcdef0123456789abcdef").expect("a key");
        for text in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAB==", "~"] {
            assert_eq!(decrypt_req_info(text, &key), None, "{text}");
        }
    }
}
