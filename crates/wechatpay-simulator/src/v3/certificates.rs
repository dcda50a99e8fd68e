//! `GET /v3/certificates`.

use serde_json::{Value, json};

use super::aead;
use super::request::V3IncomingRequest;
use super::response::{V3CallResult, V3Error, V3ResponseBody};
use crate::keys::PlatformCertificate;
use crate::random;
use crate::state::SimulatorState;

/// All platform certificates, encrypted with the merchant's API v3 key.
pub fn list(state: &SimulatorState, request: &V3IncomingRequest) -> V3CallResult {
    let certificates = state.keys().platform_credentials().certificates;
    if certificates.is_empty() {
        return Err(V3Error::no_resource("无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥"));
    }
    let key = &request.account.keys.api_v3_key;
    let data: Vec<Value> = certificates.iter().map(|certificate| describe(certificate, key)).collect();
    Ok(V3ResponseBody::Json(json!({ "data": data })))
}

fn describe(certificate: &PlatformCertificate, key: &str) -> Value {
    let nonce = random::alphanumeric(12).to_lowercase();
    json!({
        "serial_no": certificate.serial_no,
        "effective_time": "2015-01-01T08:00:00+08:00",
        "expire_time": "2045-01-01T08:00:00+08:00",
        "encrypt_certificate": {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": nonce,
            "associated_data": "certificate",
            "ciphertext": aead::encrypt_text(certificate.certificate_pem.as_bytes(), key, &nonce, "certificate"),
        },
    })
}

/// Changes the ciphertext of every certificate.
pub fn tamper(body: &mut Value) {
    for certificate in body["data"].as_array_mut().into_iter().flatten() {
        let ciphertext = &mut certificate["encrypt_certificate"]["ciphertext"];
        *ciphertext = aead::tampered(ciphertext.as_str().unwrap_or_default()).into();
    }
}
