//! Properties that hold for any input. Each function takes bytes from a fuzzer or from the corpus and
//! panics if a property is violated. A panic of the crate is a violation, too.

use std::io::Write as _;
use std::sync::OnceLock;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_256, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use wechatpay::bill::{BillError, FundFlowBill, Gunzip, TradeBill, TradeRow, TradeTotals};
use wechatpay::v2::{self, ApiKey, Fields, SignType, V2Notice};
use wechatpay::v3::{self, ApiV3Key, PlatformKeys, PrivateKey, SignatureHeaders, V3NoticeEvent};

const KEY: &str = "0123456789abcdef0123456789abcdef";
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_1";
const NOW: i64 = 1_767_232_800_000;

fn merchant() -> v2::V2Merchant {
    let api_key = ApiKey::new(KEY).expect("a key");
    v2::V2Merchant { appid: "wx8888888888888888".into(), mch_id: "1900000109".into(), api_key }
}

/// A parsed message can be written, and is parsed again to the same fields.
pub fn xml(bytes: &[u8]) {
    let Ok(fields) = v2::xml::read(bytes) else { return };
    assert!(fields.len() <= v2::xml::MAX_FIELDS);
    let written = v2::xml::write(&fields);
    if written.len() <= v2::xml::MAX_BYTES {
        assert_eq!(v2::xml::read(written.as_bytes()), Ok(fields));
    }
}

/// The bytes as a message, and the signed fields of it.
pub fn v2_notice(bytes: &[u8]) {
    let _ = v2::claimed_out_trade_no(bytes);
    for sign_type in [SignType::Md5, SignType::HmacSha256] {
        let _ = v2::read_notice(bytes, &merchant(), sign_type);
        let Ok(mut fields) = v2::xml::read(bytes) else { continue };
        let body = signed(&mut fields, sign_type);
        if let Ok(V2Notice::Paid(payment)) = v2::read_notice(body.as_bytes(), &merchant(), sign_type) {
            assert!(payment.total_fee >= 0 && !payment.transaction_id.is_empty());
            assert_eq!(payment.total_fee.to_string(), fields["total_fee"]);
            assert_eq!(v2::time::to_stamp(payment.time_end).as_deref(), Ok(fields["time_end"].as_str()));
        }
    }
}

/// The same for the callback of mode one.
pub fn v2_native_callback(bytes: &[u8]) {
    let _ = v2::read_native_callback(bytes, &merchant(), SignType::Md5);
    let Ok(mut fields) = v2::xml::read(bytes) else { return };
    let body = signed(&mut fields, SignType::Md5);
    if let Ok(callback) = v2::read_native_callback(body.as_bytes(), &merchant(), SignType::Md5) {
        assert!(v2::native_link(&callback.product_id, &merchant(), SignType::Md5, NOW).is_ok());
    }
}

fn signed(fields: &mut Fields, sign_type: SignType) -> String {
    fields.insert("appid".into(), merchant().appid);
    fields.insert("mch_id".into(), merchant().mch_id);
    fields.remove("sign_type");
    let signature = v2::sign(fields, &merchant().api_key, sign_type);
    fields.insert("sign".into(), signature);
    v2::xml::write(fields)
}

/// The bytes as a notice, as its `req_info`, and as the encrypted content.
pub fn v2_refund_notice(bytes: &[u8]) {
    let _ = v2::is_refund_notice(bytes);
    let _ = v2::read_refund_notice(bytes, &merchant());
    let _ = v2::read_refund_notice(&outer(&STANDARD.encode(bytes)), &merchant());
    if let Ok(notice) = v2::read_refund_notice(&outer(&encrypted(bytes)), &merchant()) {
        assert!(notice.refund_fee >= 0 && notice.total_fee >= 0 && !notice.out_refund_no.is_empty());
    }
}

fn outer(req_info: &str) -> Vec<u8> {
    let mut fields = Fields::new();
    for (name, value) in [
        ("return_code", "SUCCESS"),
        ("appid", "wx8888888888888888"),
        ("mch_id", "1900000109"),
        ("nonce_str", "abc"),
        ("req_info", req_info),
    ] {
        fields.insert(name.into(), value.into());
    }
    v2::xml::write(&fields).into_bytes()
}

fn encrypted(plain: &[u8]) -> String {
    let digest: String = Md5::digest(KEY).iter().map(|byte| format!("{byte:02x}")).collect();
    let key = UnboundCipherKey::new(&AES_256, digest.as_bytes()).expect("32 bytes");
    let mut bytes = plain.to_vec();
    PaddedBlockEncryptingKey::ecb_pkcs7(key).expect("a key").encrypt(&mut bytes).expect("any bytes");
    STANDARD.encode(bytes)
}

/// WeChat and the merchant of v3, with the same key.
struct World {
    pair: KeyPair,
    merchant: v3::V3Merchant,
    keys: PlatformKeys,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let keys = PlatformKeys::new();
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a public key");
        keys.add_public_key(PUBLIC_KEY_ID, pem("PUBLIC KEY", public.as_ref()).as_bytes()).expect("a key");
        let private = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair).expect("a private key");
        let private_key = PrivateKey::from_pem(pem("PRIVATE KEY", private.as_ref()).as_bytes());
        let merchant = v3::V3Merchant {
            appid: "wx8888888888888888".into(),
            mchid: "1900000109".into(),
            serial_no: "40".repeat(20),
            private_key: private_key.expect("a private key"),
            api_v3_key: ApiV3Key::new(KEY).expect("a key"),
        };
        World { pair, merchant, keys }
    })
}

fn pem(kind: &str, der: &[u8]) -> String {
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", STANDARD.encode(der))
}

/// The bytes as a signed body, and as the encrypted content. The first byte selects the event.
pub fn v3_notice(bytes: &[u8]) {
    let _ = v3_read(bytes);
    let Some((first, plain)) = bytes.split_first() else { return };
    let kinds = ["TRANSACTION.SUCCESS", "REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED", "OTHER"];
    let body = sealed(kinds[usize::from(*first) % kinds.len()], plain);
    let notice = v3_read(body.as_bytes());
    match notice.map(|notice| notice.event) {
        Ok(V3NoticeEvent::Paid(payment)) => {
            assert!(payment.total >= 0 && !payment.transaction_id.is_empty());
            assert_eq!(
                (payment.appid.as_str(), payment.mchid.as_str()),
                ("wx8888888888888888", "1900000109")
            );
        }
        Ok(V3NoticeEvent::Refunded(record)) => {
            assert!(record.refund >= 0 && !record.out_refund_no.is_empty())
        }
        Err(error) => assert!(!error.label().is_empty()),
    }
}

fn v3_read(body: &[u8]) -> Result<v3::V3Notice, v3::V3NoticeError> {
    let world = world();
    let text = v3::answer_to_sign("1767232800", "n", body);
    let mut signature = vec![0; world.pair.public_modulus_len()];
    world.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &text, &mut signature).expect("a signature");
    let headers = SignatureHeaders {
        timestamp: "1767232800".into(),
        nonce: "n".into(),
        serial: PUBLIC_KEY_ID.into(),
        signature: STANDARD.encode(signature),
    };
    v3::read_notice(&headers, body, &world.merchant, &world.keys, NOW)
}

fn sealed(kind: &str, plain: &[u8]) -> String {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, KEY.as_bytes()).expect("32 bytes"));
    let mut bytes = plain.to_vec();
    let nonce = Nonce::assume_unique_for_key(*b"fdasflkja484");
    key.seal_in_place_append_tag(nonce, Aad::from(b""), &mut bytes).expect("any bytes");
    serde_json::json!({
        "id": "EV-1",
        "event_type": kind,
        "resource_type": "encrypt-resource",
        "resource": {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": "fdasflkja484",
            "associated_data": "",
            "ciphertext": STANDARD.encode(bytes),
        },
    })
    .to_string()
}

/// Lines of `name: value` as headers; the first eight bytes set the clock. Arbitrary input is never
/// accepted.
pub fn v3_headers(bytes: &[u8]) {
    let (now, text) = bytes.split_at(bytes.len().min(8));
    let now = now.try_into().map_or(NOW, i64::from_le_bytes);
    let mut map = HeaderMap::new();
    for line in text.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            map.append(name, value);
        }
    }
    if let Ok(headers) = SignatureHeaders::from_headers(&map) {
        assert!(v3::verify(&headers, b"{}", &world().keys, now).is_err());
        assert!(v3::verify(&headers, b"{}", &world().keys, NOW).is_err());
    }
}

/// A bill is read the same at once and byte by byte, plain and compressed, and its totals match its
/// rows.
pub fn bill(bytes: &[u8]) {
    let whole = trade(bytes, bytes.len().max(1));
    assert_eq!(trade(bytes, 3), whole);
    if let Ok((rows, totals)) = &whole {
        assert_eq!(i64::try_from(rows.len()), Ok(totals.rows));
        assert_eq!(rows.iter().map(|row| row.total).sum::<i64>(), totals.total);
    }
    let mut flow = FundFlowBill::new();
    if flow.push(bytes).is_ok() {
        let _ = flow.finish();
    }
    let _ = unpacked(bytes);
}

fn trade(bytes: &[u8], size: usize) -> Result<(Vec<TradeRow>, TradeTotals), BillError> {
    let (mut reader, mut rows) = (TradeBill::new(), Vec::new());
    for piece in bytes.chunks(size) {
        rows.extend(reader.push(piece)?);
    }
    reader.finish().map(|totals| (rows, totals))
}

fn unpacked(bytes: &[u8]) -> Result<(), BillError> {
    let (mut gunzip, mut sink) = (Gunzip::new(1 << 20), std::io::sink());
    for packed in bytes.chunks(16) {
        gunzip.push(packed);
        while let Some(piece) = gunzip.next_piece()? {
            assert!(piece.len() <= 64 * 1024);
            sink.write_all(&piece).expect("a sink takes all");
        }
    }
    gunzip.finish().map(drop)
}

/// A target, which panics if a property is violated.
pub type Target = fn(&[u8]);

/// All targets by name, for replaying a corpus.
pub const TARGETS: [(&str, Target); 7] = [
    ("xml", xml),
    ("v2_notice", v2_notice),
    ("v2_refund_notice", v2_refund_notice),
    ("v2_native_callback", v2_native_callback),
    ("v3_notice", v3_notice),
    ("v3_headers", v3_headers),
    ("bill", bill),
];
