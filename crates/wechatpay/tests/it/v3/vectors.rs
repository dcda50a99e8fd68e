//! The published signatures and ciphertexts.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject;
use serde_json::Value;
use wechatpay::v3::{ApiV3Key, PlatformKeys, SignatureHeaders, decrypt, request_to_sign, verify};

fn vector(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("../../vectors.json")).unwrap();
    all[name].clone()
}

fn text(vector: &Value, name: &str) -> String {
    vector[name].as_str().unwrap().to_owned()
}

fn signed_by_the_doc_merchant(text: &str, signature: &str) -> bool {
    let pem = include_bytes!("../../official_doc_test_merchant_pub.pem");
    let key = SubjectPublicKeyInfoDer::from_pem_slice(pem).unwrap();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
    key.verify(text.as_bytes(), &STANDARD.decode(signature).unwrap()).is_ok()
}

#[test]
fn requests_are_signed_over_the_published_text() {
    let nonce = "593BEC0C930BF1AFEB40B4A08C8FB242";
    let with_body = vector("v3_sign_body");
    let message = text(&with_body, "message");
    let body = message.split('\n').nth(4).unwrap();
    let ours = request_to_sign("POST", "/v3/pay/transactions/jsapi", 1_554_208_460, nonce, body);
    assert_eq!(ours, message);
    assert!(signed_by_the_doc_merchant(&ours, &text(&with_body, "signature")));

    let without = vector("v3_sign_path_empty_body");
    let path = "/v3/refund/domestic/refunds/123123123123";
    let ours = request_to_sign("GET", path, 1_554_208_460, nonce, "");
    assert_eq!(ours, text(&without, "message"));
    assert!(signed_by_the_doc_merchant(&ours, &text(&without, "signature")));
}

#[test]
fn the_published_answer_is_believed_at_its_time() {
    let vector = vector("v3_response_verify");
    let id = "PUB_KEY_ID_0114232134912410000000000000";
    let keys = PlatformKeys::new();
    keys.add_public_key(id, include_bytes!("../../official_doc_test_platform_pub.pem")).unwrap();
    let headers = SignatureHeaders {
        timestamp: text(&vector, "timestamp"),
        nonce: text(&vector, "nonce"),
        serial: id.to_owned(),
        signature: text(&vector, "signature"),
    };
    let body = text(&vector, "body");
    assert_eq!(verify(&headers, body.as_bytes(), &keys, 1_722_850_421_000), Ok(()));
    assert!(verify(&headers, format!("{body} ").as_bytes(), &keys, 1_722_850_421_000).is_err());
}

#[test]
fn the_published_ciphertext_opens() {
    let vector = vector("aead_java_sdk");
    let key = ApiV3Key::new(&text(&vector, "key")).unwrap();
    let (nonce, aad) = (text(&vector, "nonce"), text(&vector, "aad"));
    let ciphertext = text(&vector, "ciphertext_b64");
    assert_eq!(
        decrypt(&key, &nonce, &aad, &ciphertext).as_deref(),
        Some(text(&vector, "plaintext").as_bytes())
    );
    for (nonce, aad) in
        [("uluk4a9R25RX", "associatedData"), ("uluk4a9R25RW", ""), ("short", "associatedData")]
    {
        assert_eq!(decrypt(&key, nonce, aad, &ciphertext), None);
    }
    assert_eq!(decrypt(&key, "uluk4a9R25RW1", &aad, &ciphertext), None);
}
