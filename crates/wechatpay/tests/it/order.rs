//! Orders are validated before they are signed.

use wechatpay::v2::{InvalidFieldReason, SignType, UnifiedOrder, V2Request, verify, xml};

use crate::common::{key, merchant, order};

fn refused(change: impl FnOnce(&mut UnifiedOrder)) -> (&'static str, InvalidFieldReason) {
    let mut order = order();
    change(&mut order);
    let bad = order.request(&merchant()).expect_err("the order must be refused");
    (bad.field, bad.reason)
}

#[test]
fn a_request_is_signed_and_complete() {
    let request = order().request(&merchant()).unwrap();
    let sent = xml::read(request.as_str().as_bytes()).unwrap();
    assert_eq!(verify(&sent, &key(), SignType::HmacSha256), Ok(()));
    for (name, value) in [
        ("appid", "wx8888888888888888"),
        ("mch_id", "1900000109"),
        ("sign_type", "HMAC-SHA256"),
        ("trade_type", "NATIVE"),
        ("fee_type", "CNY"),
        ("total_fee", "101"),
        ("body", "畅购-手机"),
        ("attach", "a"),
        ("time_start", "20260101100000"),
        ("time_expire", "20260101120000"),
    ] {
        assert_eq!(sent[name], value);
    }
    assert_eq!(sent["nonce_str"].len(), 32);
}

#[test]
fn a_stored_request_is_the_same_bytes_and_a_new_one_is_not() {
    let request = order().request(&merchant()).unwrap();
    assert_eq!(V2Request::from_stored(request.as_str().to_owned()), request);
    assert_ne!(order().request(&merchant()).unwrap(), request);
}

#[test]
fn order_numbers_keep_to_the_documented_characters() {
    for number in ["12345", "", &"1".repeat(33)] {
        assert_eq!(
            refused(|order| order.out_trade_no = number.into()),
            ("out_trade_no", InvalidFieldReason::Length)
        );
    }
    for number in ["NO.123456", "NO 123456", "NO@123456", "编号编号", "a&b=c&d"] {
        assert_eq!(
            refused(|order| order.out_trade_no = number.into()),
            ("out_trade_no", InvalidFieldReason::Charset)
        );
    }
}

#[test]
fn texts_cannot_pass_for_fields() {
    for text in ["a&total_fee=1", "a=b", "a\nb", "a\0", "\u{ffff}"] {
        assert_eq!(refused(|order| order.body = text.into()), ("body", InvalidFieldReason::Charset));
        assert_eq!(
            refused(|order| order.product_id = text.into()),
            ("product_id", InvalidFieldReason::Charset)
        );
        assert_eq!(
            refused(|order| order.attach = Some(text.into())),
            ("attach", InvalidFieldReason::Charset)
        );
    }
}

#[test]
fn texts_keep_to_their_bytes() {
    for text in ["", &"畅".repeat(43)] {
        assert_eq!(refused(|order| order.body = text.into()), ("body", InvalidFieldReason::Length));
    }
    assert_eq!(
        refused(|order| order.product_id = "1".repeat(33)),
        ("product_id", InvalidFieldReason::Length)
    );
    assert_eq!(refused(|order| order.attach = Some("1".repeat(128))), ("attach", InvalidFieldReason::Length));
    assert_eq!(refused(|order| order.attach = Some(String::new())), ("attach", InvalidFieldReason::Length));
}

#[test]
fn amounts_times_and_addresses_are_possible() {
    for fen in [0, -1, i64::MIN] {
        assert_eq!(refused(|order| order.total_fee = fen), ("total_fee", InvalidFieldReason::Value));
    }
    assert_eq!(
        refused(|o| o.time_expire = o.time_start + 60_999),
        ("time_expire", InvalidFieldReason::Value)
    );
    assert_eq!(refused(|o| o.time_start = i64::MIN), ("time_start", InvalidFieldReason::Value));
    assert_eq!(refused(|o| o.time_expire = i64::MAX), ("time_expire", InvalidFieldReason::Value));
    assert_eq!(
        refused(|o| o.spbill_create_ip = "localhost".into()),
        ("spbill_create_ip", InvalidFieldReason::Value)
    );
    for url in ["ftp://a/b", "/notify", "https://", "javascript:1"] {
        assert_eq!(refused(|o| o.notify_url = url.into()), ("notify_url", InvalidFieldReason::Value));
    }
    for url in ["https://a/b?c=d", "https://a/b#c", "https://a/ b", "https://a/畅"] {
        assert_eq!(refused(|o| o.notify_url = url.into()), ("notify_url", InvalidFieldReason::Charset));
    }
}

#[test]
fn merchants_have_plain_ids() {
    let mut merchant = merchant();
    merchant.mch_id = "19&x=1".into();
    let bad = order().request(&merchant).unwrap_err();
    assert_eq!((bad.field, bad.reason), ("mch_id", InvalidFieldReason::Charset));
}
