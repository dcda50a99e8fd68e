//! Signing requests (pay.weixin.qq.com, doc `4012365342`).

use super::Merchant;
use crate::field_rules::{BadField, Reason, bad, nonce};

/// The name of the one way v3 signs.
pub const SCHEMA: &str = "WECHATPAY2-SHA256-RSA2048";

/// The text a request is signed over. `path` is the path with its query as it goes out, encoded;
/// `timestamp` is Unix seconds; `body` is empty for a GET.
pub fn request_to_sign(method: &str, path: &str, timestamp: i64, nonce: &str, body: &str) -> String {
    format!("{method}\n{path}\n{timestamp}\n{nonce}\n{body}\n")
}

/// The text an answer or a notice is signed over.
pub fn answer_to_sign(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    [timestamp.as_bytes(), b"\n", nonce.as_bytes(), b"\n", body, b"\n"].concat()
}

/// The `Authorization` of one request, with a fresh nonce.
pub(crate) fn authorization(
    merchant: &Merchant,
    method: &str,
    path: &str,
    now: i64,
    body: &str,
) -> Result<String, BadField> {
    let (nonce, timestamp) = (nonce()?, now.div_euclid(1000));
    let text = request_to_sign(method, path, timestamp, &nonce, body);
    let signature = merchant.private_key.sign(&text);
    let signature = signature.ok_or(bad("signature", Reason::NoRandomness))?;
    let (mchid, serial) = (&merchant.mchid, &merchant.serial_no);
    Ok(format!(
        "{SCHEMA} mchid=\"{mchid}\",nonce_str=\"{nonce}\",signature=\"{signature}\",\
         timestamp=\"{timestamp}\",serial_no=\"{serial}\""
    ))
}
