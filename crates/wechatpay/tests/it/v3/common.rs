//! The merchant, WeChat's keys, and signed messages.

use std::sync::OnceLock;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, PKCS_RSA_SHA256, SerialNumber};
use serde_json::{Value, json};
use wechatpay::v3::{
    ApiV3Key, NativeOrder, PlatformKeys, PrivateKey, SignatureHeaders, V3Merchant, V3Refund,
};

pub const KEY: &str = "0123456789abcdef0123456789abcdef";
pub const NUMBER: &str = "NO_1234567890123456789";
pub const OPENID: &str = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
pub const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0000000000000024101100397200000006";
/// 2026-01-01 10:00:00 in UTC+8.
pub const NOW: i64 = 1_767_232_800_000;

/// An RSA key and its derived forms.
pub struct Pair {
    pub pem: String,
    pub public_pem: String,
    pub certificate_pem: String,
    pub serial: String,
    signer: KeyPair,
}

impl Pair {
    fn make(serial: u8) -> Pair {
        let key = rcgen::KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.serial_number = Some(SerialNumber::from_slice(&[serial; 20]));
        params.not_before = rcgen::date_time_ymd(2025, 1, 1);
        params.not_after = rcgen::date_time_ymd(2029, 12, 31);
        Pair {
            pem: key.serialize_pem(),
            public_pem: key.public_key_pem(),
            certificate_pem: params.self_signed(&key).unwrap().pem(),
            serial: format!("{serial:02X}").repeat(20),
            signer: KeyPair::from_pkcs8(&key.serialize_der()).unwrap(),
        }
    }

    pub fn sign(&self, text: &[u8]) -> String {
        let mut signature = vec![0; self.signer.public_modulus_len()];
        self.signer.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature).unwrap();
        STANDARD.encode(signature)
    }
}

macro_rules! pairs {
    ($($name:ident $serial:literal)*) => {$(
        pub fn $name() -> &'static Pair {
            static PAIR: OnceLock<Pair> = OnceLock::new();
            PAIR.get_or_init(|| Pair::make($serial))
        }
    )*};
}

pairs! { ours 0x40 wechat 0x51 rotated 0x52 stranger 0x53 }

pub fn merchant() -> V3Merchant {
    V3Merchant {
        appid: "wx8888888888888888".into(),
        mchid: "1900000109".into(),
        serial_no: ours().serial.clone(),
        private_key: PrivateKey::from_pem(ours().pem.as_bytes()).unwrap(),
        api_v3_key: ApiV3Key::new(KEY).unwrap(),
    }
}

/// Keys with WeChat's public key and certificate.
pub fn keys() -> PlatformKeys {
    let keys = PlatformKeys::new();
    keys.add_public_key(PUBLIC_KEY_ID, wechat().public_pem.as_bytes()).unwrap();
    keys.add_certificate(wechat().certificate_pem.as_bytes()).unwrap();
    keys
}

/// The signature headers of a body.
pub fn signed(pair: &Pair, serial: &str, now: i64, body: &[u8]) -> SignatureHeaders {
    let (timestamp, nonce) = ((now / 1000).to_string(), "d824f2e086d3c1df967785d13fcd22ef".to_owned());
    let text = [timestamp.as_bytes(), b"\n", nonce.as_bytes(), b"\n", body, b"\n"].concat();
    SignatureHeaders { timestamp, nonce, serial: serial.to_owned(), signature: pair.sign(&text) }
}

/// Encrypted content as in a notice.
pub fn sealed(key: &str, plain: &[u8]) -> Value {
    let (nonce, associated) = ("fdasflkja484", "transaction");
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_bytes()).unwrap());
    let mut bytes = plain.to_vec();
    let number = Nonce::try_assume_unique_for_key(nonce.as_bytes()).unwrap();
    cipher.seal_in_place_append_tag(number, Aad::from(associated.as_bytes()), &mut bytes).unwrap();
    json!({
        "algorithm": "AEAD_AES_256_GCM",
        "nonce": nonce,
        "associated_data": associated,
        "ciphertext": STANDARD.encode(bytes),
        "original_type": "transaction",
    })
}

pub fn transaction() -> Value {
    json!({
        "appid": "wx8888888888888888",
        "mchid": "1900000109",
        "out_trade_no": NUMBER,
        "transaction_id": "4200000000202601010000000001",
        "trade_type": "NATIVE",
        "trade_state": "SUCCESS",
        "trade_state_desc": "支付成功",
        "bank_type": "OTHERS",
        "attach": "a",
        "success_time": "2026-01-01T10:00:00+08:00",
        "payer": { "openid": OPENID },
        "amount": { "total": 101, "payer_total": 100, "currency": "CNY", "payer_currency": "CNY" },
        "brand_new": { "field": [1, 2.5] },
    })
}

pub fn refunded() -> Value {
    json!({
        "refund_id": "50000000382019052709732678859",
        "out_refund_no": "R_1@1",
        "transaction_id": "4200000000202601010000000001",
        "out_trade_no": NUMBER,
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "success_time": "2026-01-01T10:00:00+08:00",
        "status": "SUCCESS",
        "amount": { "total": 101, "refund": 100, "payer_total": 101, "payer_refund": 99, "currency": "CNY" },
    })
}

pub fn order() -> NativeOrder {
    NativeOrder {
        description: "畅购-手机".into(),
        out_trade_no: NUMBER.into(),
        total: 101,
        notify_url: "http://127.0.0.1:9000/wx/v3/notify".into(),
        time_expire: NOW + 7_200_000,
        attach: Some("a&b=c".into()),
        payer_client_ip: Some("127.0.0.1".into()),
    }
}

pub fn refund() -> V3Refund {
    V3Refund {
        out_trade_no: NUMBER.into(),
        out_refund_no: "R_1@1".into(),
        total: 101,
        refund: 100,
        reason: Some("坏了".into()),
        notify_url: None,
    }
}

/// `value` with a change at a JSON pointer.
pub fn with(mut value: Value, pointer: &str, change: Value) -> Value {
    *value.pointer_mut(pointer).unwrap() = change;
    value
}
