//! Keys are validated, and debug output contains none.

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use wechatpay::v3::{
    ApiV3Key, ApiV3KeyError, PlatformKeyError, PlatformKeys, PrivateKey, PrivateKeyError, V3Client,
    read_notice,
};

use super::common::{KEY, NOW, OPENID, PUBLIC_KEY_ID, keys, merchant, order, ours, wechat};
use super::notice::{body, headers};

#[test]
fn api_v3_keys_have_32_characters() {
    assert!(ApiV3Key::new(KEY).is_ok());
    for text in ["", "short", &"a".repeat(33), &"键".repeat(32), "0123456789abcdef0123456789abcde\n"] {
        assert_eq!(ApiV3Key::new(text).unwrap_err(), ApiV3KeyError);
    }
}

/// The PKCS#1 key inside a PKCS#8 key of 2048 bits, after the header of 26 bytes.
fn pkcs1_pem() -> String {
    use base64::Engine;
    let der = PrivateKeyDer::from_pem_slice(ours().pem.as_bytes()).unwrap();
    let inside = &der.secret_der()[26..];
    let text = base64::engine::general_purpose::STANDARD.encode(inside);
    format!("-----BEGIN RSA PRIVATE KEY-----\n{text}\n-----END RSA PRIVATE KEY-----\n")
}

#[test]
fn private_keys_come_in_two_forms() {
    assert!(PrivateKey::from_pem(ours().pem.as_bytes()).is_ok());
    assert!(PrivateKey::from_pem(pkcs1_pem().as_bytes()).is_ok());
    assert_eq!(PrivateKey::from_pem(b"").unwrap_err(), PrivateKeyError::Pem);
    assert_eq!(PrivateKey::from_pem(ours().public_pem.as_bytes()).unwrap_err(), PrivateKeyError::Pem);
    let elliptic = rcgen::KeyPair::generate().unwrap().serialize_pem();
    assert_eq!(PrivateKey::from_pem(elliptic.as_bytes()).unwrap_err(), PrivateKeyError::NotRsa);
}

#[test]
fn platform_keys_are_what_they_are_called() {
    let ring = PlatformKeys::new();
    let pem = wechat().public_pem.as_bytes();
    for id in ["", "PUB_KEY_ID_", "PUB_KEY_ID_1a", "PUB_KEY_ID", "51"] {
        assert_eq!(ring.add_public_key(id, pem), Err(PlatformKeyError::Id), "{id}");
    }
    let certificate = wechat().certificate_pem.as_bytes();
    assert_eq!(ring.add_public_key(PUBLIC_KEY_ID, certificate), Err(PlatformKeyError::Pem));
    assert_eq!(ring.add_certificate(pem), Err(PlatformKeyError::Pem));
    let elliptic = rcgen::KeyPair::generate().unwrap();
    let refused = ring.add_public_key(PUBLIC_KEY_ID, elliptic.public_key_pem().as_bytes());
    assert_eq!(refused, Err(PlatformKeyError::NotRsa));
    assert_eq!(ring.add_certificate(certificate), Ok(wechat().serial.clone()));
    assert_eq!(ring.public_key_id(), None);
    ring.add_public_key(PUBLIC_KEY_ID, pem).unwrap();
    assert_eq!(ring.public_key_id().as_deref(), Some(PUBLIC_KEY_ID));
    assert_eq!(ring.serials(), [wechat().serial.clone(), PUBLIC_KEY_ID.to_owned()]);
    ring.clone().remove(&wechat().serial);
    assert_eq!(ring.serials(), [PUBLIC_KEY_ID]);
}

#[test]
fn a_ring_does_not_grow_without_end() {
    let ring = PlatformKeys::new();
    let add = |n: usize| ring.add_public_key(&format!("PUB_KEY_ID_{n}"), wechat().public_pem.as_bytes());
    assert!((0..32).all(|n| add(n).is_ok()));
    assert_eq!(add(32), Err(PlatformKeyError::TooMany));
    assert_eq!(add(31), Ok(()));
}

#[test]
fn certificates_cut_short_are_refused() {
    let der = CertificateDer::from_pem_slice(wechat().certificate_pem.as_bytes()).unwrap();
    for length in [0, 1, 20, der.len() - 1] {
        use base64::Engine;
        let text = base64::engine::general_purpose::STANDARD.encode(&der[..length]);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        assert_eq!(PlatformKeys::new().add_certificate(pem.as_bytes()), Err(PlatformKeyError::Certificate));
    }
}

#[test]
fn nothing_shown_holds_a_secret() {
    let client = V3Client::new("http://127.0.0.1:1", merchant(), keys()).unwrap();
    let body = body("TRANSACTION.SUCCESS", &super::common::transaction());
    let notice = read_notice(&headers(&body), &body, &merchant(), &keys(), NOW).unwrap();
    let shown = format!("{client:?} {:?} {notice:?} {:?}", merchant(), order().request(&merchant()).unwrap());
    assert!(!shown.contains(KEY) && !shown.contains(OPENID) && !shown.contains("畅购"), "{shown}");
    let secret: Vec<&str> = ours().pem.lines().skip(1).take(3).collect();
    assert!(secret.iter().all(|line| !shown.contains(line)));
}
