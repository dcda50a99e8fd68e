//! `GET /v3/certificates`.

use serde_json::{Value, json};

use super::aead;
use super::request::Request;
use super::response::{Outcome, Refusal, Told};
use crate::keys::PlatformCertificate;
use crate::random;
use crate::state::World;

/// All platform certificates, hidden under the merchant's API v3 key.
pub fn list(world: &World, request: &Request) -> Outcome {
    let certificates = world.keys().shown().certificates;
    if certificates.is_empty() {
        return Err(Refusal::no_resource("无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥"));
    }
    let key = &request.account.shown.api_v3_key;
    let data: Vec<Value> = certificates.iter().map(|certificate| tell(certificate, key)).collect();
    Ok(Told::Json(json!({ "data": data })))
}

fn tell(certificate: &PlatformCertificate, key: &str) -> Value {
    let nonce = random::alphanumeric(12).to_lowercase();
    json!({
        "serial_no": certificate.serial_no,
        "effective_time": "2015-01-01T08:00:00+08:00",
        "expire_time": "2045-01-01T08:00:00+08:00",
        "encrypt_certificate": {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": nonce,
            "associated_data": "certificate",
            "ciphertext": aead::conceal(certificate.certificate_pem.as_bytes(), key, &nonce, "certificate"),
        },
    })
}

/// Spoils what is hidden.
pub fn tamper(told: &mut Value) {
    for certificate in told["data"].as_array_mut().into_iter().flatten() {
        let ciphertext = &mut certificate["encrypt_certificate"]["ciphertext"];
        *ciphertext = aead::tampered(ciphertext.as_str().unwrap_or_default()).into();
    }
}
