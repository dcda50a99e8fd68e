//! Notices are first verified, then decrypted, then parsed.

use proptest::prelude::*;
use serde_json::{Value, json};
use wechatpay::v3::{
    MAX_NOTICE_BYTES, PlatformKeys, SignatureHeaders, V3Notice, V3NoticeError, V3NoticeEvent, V3RefundStatus,
    V3SignatureError, read_notice, refusal_body,
};

use super::common::{
    KEY, NOW, NUMBER, OPENID, PUBLIC_KEY_ID, keys, merchant, refunded, sealed, signed, stranger, transaction,
    wechat, with,
};

pub fn body(kind: &str, inside: &Value) -> Vec<u8> {
    body_of(kind, &sealed(KEY, inside.to_string().as_bytes()))
}

fn body_of(kind: &str, resource: &Value) -> Vec<u8> {
    let notice = json!({
        "id": "EV-2018022511223320873",
        "create_time": "2026-01-01T10:00:01+08:00",
        "resource_type": "encrypt-resource",
        "event_type": kind,
        "summary": "支付成功",
        "resource": resource,
    });
    notice.to_string().into_bytes()
}

pub fn headers(body: &[u8]) -> SignatureHeaders {
    signed(wechat(), PUBLIC_KEY_ID, NOW, body)
}

fn read(body: &[u8]) -> Result<V3Notice, V3NoticeError> {
    read_notice(&headers(body), body, &merchant(), &keys(), NOW)
}

fn refund_notice(status: &str) -> Value {
    let mut inside = refunded();
    let fields = inside.as_object_mut().unwrap();
    fields.remove("status");
    fields.remove("channel");
    fields.insert("refund_status".into(), status.into());
    fields.insert("mchid".into(), "1900000109".into());
    inside
}

#[test]
fn a_payment_is_read_whole() {
    let notice = read(&body("TRANSACTION.SUCCESS", &transaction())).unwrap();
    assert_eq!(notice.id, "EV-2018022511223320873");
    let V3NoticeEvent::Paid(payment) = notice.event else { panic!("it is a payment") };
    assert_eq!((payment.out_trade_no.as_str(), payment.openid.as_str()), (NUMBER, OPENID));
    assert_eq!((payment.total, payment.payer_total, payment.success_time), (101, Some(100), NOW));
    assert_eq!((payment.currency.as_str(), payment.trade_type.as_str()), ("CNY", "NATIVE"));
    assert_eq!((payment.appid, payment.mchid), (merchant().appid, merchant().mchid));
}

#[test]
fn refunds_are_read_whole() {
    for (kind, text, status) in [
        ("REFUND.SUCCESS", "SUCCESS", V3RefundStatus::Success),
        ("REFUND.ABNORMAL", "ABNORMAL", V3RefundStatus::Abnormal),
        ("REFUND.CLOSED", "CLOSED", V3RefundStatus::Closed),
    ] {
        let V3NoticeEvent::Refunded(record) = read(&body(kind, &refund_notice(text))).unwrap().event else {
            panic!("it is a refund")
        };
        assert_eq!((record.out_refund_no.as_str(), record.status), ("R_1@1", status));
        assert_eq!((record.refund, record.total, record.payer_refund), (100, 101, Some(99)));
        assert_eq!(record.success_time, (status == V3RefundStatus::Success).then_some(NOW));
    }
    let contrary = read(&body("REFUND.SUCCESS", &refund_notice("CLOSED")));
    assert_eq!(contrary, Err(V3NoticeError::Malformed { field: "refund_status" }));
}

#[test]
fn what_is_not_proven_is_not_read() {
    let body = body("TRANSACTION.SUCCESS", &transaction());
    let refused = |headers: &SignatureHeaders, keys: &PlatformKeys, now: i64| {
        read_notice(headers, &body, &merchant(), keys, now).unwrap_err()
    };
    let (good, forged) = (headers(&body), signed(stranger(), PUBLIC_KEY_ID, NOW, &body));
    assert_eq!(refused(&forged, &keys(), NOW), V3NoticeError::Signature(V3SignatureError::Wrong));
    assert_eq!(refused(&good, &keys(), NOW + 300_000), V3NoticeError::Signature(V3SignatureError::Stale));
    let unknown = refused(&good, &PlatformKeys::new(), NOW);
    assert_eq!((unknown, unknown.label()), (V3SignatureError::UnknownSerial.into(), "unknown_serial"));
    let probe = SignatureHeaders { signature: "WECHATPAY/SIGNTEST/x".into(), ..good };
    assert_eq!(refused(&probe, &keys(), NOW).label(), "probe");
}

#[test]
fn what_was_encrypted_for_others_or_changed_is_refused() {
    let plain = transaction().to_string();
    let other = sealed("fedcba9876543210fedcba9876543210", plain.as_bytes());
    let good = sealed(KEY, plain.as_bytes());
    let text = good["ciphertext"].as_str().unwrap();
    let flipped = format!("{}AAAA", &text[..text.len() - 4]);
    for resource in [
        other,
        with(good.clone(), "/ciphertext", flipped.into()),
        with(good.clone(), "/ciphertext", text[..24].into()),
        with(good.clone(), "/ciphertext", "".into()),
        with(good.clone(), "/nonce", "fdasflkja48".into()),
        with(good.clone(), "/nonce", "fdasflkja4844".into()),
        with(good.clone(), "/associated_data", "refund".into()),
        with(good.clone(), "/algorithm", "AEAD_SM4_GCM".into()),
    ] {
        assert_eq!(read(&body_of("TRANSACTION.SUCCESS", &resource)), Err(V3NoticeError::Undecryptable));
    }
}

#[test]
fn notices_of_others_and_of_other_things_are_refused() {
    let paid = |pointer: &str, change: Value| {
        read(&body("TRANSACTION.SUCCESS", &with(transaction(), pointer, change))).unwrap_err()
    };
    assert_eq!(paid("/appid", "wx1".into()), V3NoticeError::ForeignAppid);
    assert_eq!(paid("/mchid", "1".into()), V3NoticeError::ForeignMerchant);
    assert_eq!(paid("/trade_state", "NOTPAY".into()), V3NoticeError::Malformed { field: "trade_state" });
    assert_eq!(paid("/amount/total", Value::Null), V3NoticeError::Missing("amount.total"));
    assert_eq!(paid("/amount/total", (-1).into()), V3NoticeError::Malformed { field: "amount.total" });
    for total in [json!(1.5), json!("101"), json!(101.0), json!(1e30)] {
        assert_eq!(paid("/amount/total", total), V3NoticeError::Json);
    }
    for time in ["2026-01-01 10:00:00", "20260101100000", "2026-02-30T10:00:00+08:00", ""] {
        assert_eq!(paid("/success_time", time.into()), V3NoticeError::Malformed { field: "success_time" });
    }
    let refund = with(refund_notice("SUCCESS"), "/mchid", "1".into());
    assert_eq!(read(&body("REFUND.SUCCESS", &refund)), Err(V3NoticeError::ForeignMerchant));
    assert_eq!(read(&body("MCHTRANSFER.BILL.FINISHED", &transaction())), Err(V3NoticeError::OtherEvent));
}

#[test]
fn what_is_no_notice_is_refused() {
    for text in ["", "{}", "<xml/>", "[]", "{\"id\":1}"] {
        assert_eq!(read(text.as_bytes()), Err(V3NoticeError::Json), "{text}");
    }
    let twice = "{\"amount\":{\"total\":1,\"total\":101}}";
    let resource = sealed(KEY, twice.as_bytes());
    assert_eq!(read(&body_of("TRANSACTION.SUCCESS", &resource)), Err(V3NoticeError::Json));
    assert_eq!(read(&vec![b' '; MAX_NOTICE_BYTES + 1]), Err(V3NoticeError::TooLong));
    let deep = "[".repeat(60_000);
    assert_eq!(read(deep.as_bytes()), Err(V3NoticeError::Json));
}

#[test]
fn refusals_are_json() {
    let value: Value = serde_json::from_str(&refusal_body("no \"such\"\n order")).unwrap();
    assert_eq!(value, json!({ "code": "FAIL", "message": "no \"such\" order" }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_body_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), inside in any::<String>()) {
        prop_assert!(read(&bytes).is_err());
        prop_assert!(read(&body_of("TRANSACTION.SUCCESS", &sealed(KEY, inside.as_bytes()))).is_err());
    }
}
