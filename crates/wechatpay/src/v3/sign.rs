//! Signing requests (pay.weixin.qq.com, doc `4012365342`).

use super::V3Merchant;
use crate::field_rules::{InvalidField, InvalidFieldReason, invalid, random_nonce};

/// The authentication schema of API v3.
pub const SCHEMA: &str = "WECHATPAY2-SHA256-RSA2048";

/// Builds the text to sign for a request. `path` includes the query, encoded exactly as it is sent;
/// `timestamp` is in Unix seconds; `body` is empty for a GET.
pub fn request_to_sign(method: &str, path: &str, timestamp: i64, nonce: &str, body: &str) -> String {
    format!("{method}\n{path}\n{timestamp}\n{nonce}\n{body}\n")
}

/// Builds the signed text of a response or a notice.
pub fn answer_to_sign(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    [timestamp.as_bytes(), b"\n", nonce.as_bytes(), b"\n", body, b"\n"].concat()
}

/// The `Authorization` header of one request, with a new nonce.
pub(crate) fn authorization(
    merchant: &V3Merchant,
    method: &str,
    path: &str,
    now: i64,
    body: &str,
) -> Result<String, InvalidField> {
    let (nonce, timestamp) = (random_nonce()?, now.div_euclid(1000));
    let text = request_to_sign(method, path, timestamp, &nonce, body);
    let signature = merchant.private_key.sign(&text);
    let signature = signature.ok_or(invalid("signature", InvalidFieldReason::NoRandomness))?;
    let (mchid, serial) = (&merchant.mchid, &merchant.serial_no);
    Ok(format!(
        "{SCHEMA} mchid=\"{mchid}\",nonce_str=\"{nonce}\",signature=\"{signature}\",\
         timestamp=\"{timestamp}\",serial_no=\"{serial}\""
    ))
}
