//! Requests are validated before they are stored, and signed when they are sent.

use serde_json::{Value, json};
use wechatpay::v3::{InvalidFieldReason, NativeOrder, V3Refund, V3Request};

use super::common::{merchant, order, refund};

fn refused(change: impl FnOnce(&mut NativeOrder)) -> (&'static str, InvalidFieldReason) {
    let mut order = order();
    change(&mut order);
    let bad = order.request(&merchant()).expect_err("the order must be refused");
    (bad.field, bad.reason)
}

#[test]
fn an_order_is_the_same_bytes_each_time() {
    let request = order().request(&merchant()).unwrap();
    assert_eq!(order().request(&merchant()).unwrap(), request);
    assert_eq!(V3Request::from_stored(request.as_str().to_owned()), request);
    let sent: Value = serde_json::from_str(request.as_str()).unwrap();
    let expected = json!({
        "appid": "wx8888888888888888",
        "mchid": "1900000109",
        "description": "畅购-手机",
        "out_trade_no": "NO_1234567890123456789",
        "time_expire": "2026-01-01T12:00:00+08:00",
        "attach": "a&b=c",
        "notify_url": "http://127.0.0.1:9000/wx/v3/notify",
        "amount": { "total": 101, "currency": "CNY" },
        "scene_info": { "payer_client_ip": "127.0.0.1" },
    });
    assert_eq!(sent, expected);
}

#[test]
fn orders_that_cannot_be_are_not_written() {
    for number in ["12345", "", &"1".repeat(33)] {
        assert_eq!(
            refused(|order| order.out_trade_no = number.into()),
            ("out_trade_no", InvalidFieldReason::Length)
        );
    }
    assert_eq!(
        refused(|order| order.out_trade_no = "NO.123456".into()),
        ("out_trade_no", InvalidFieldReason::Charset)
    );
    assert_eq!(
        refused(|order| order.description = "畅".repeat(43)),
        ("description", InvalidFieldReason::Length)
    );
    assert_eq!(
        refused(|order| order.description = "a\nb".into()),
        ("description", InvalidFieldReason::Charset)
    );
    assert_eq!(refused(|order| order.attach = Some("1".repeat(128))), ("attach", InvalidFieldReason::Length));
    assert_eq!(refused(|order| order.total = 0), ("total", InvalidFieldReason::Value));
    assert_eq!(refused(|order| order.time_expire = i64::MAX), ("time_expire", InvalidFieldReason::Value));
    assert_eq!(
        refused(|order| order.notify_url = "https://a/b?c".into()),
        ("notify_url", InvalidFieldReason::Charset)
    );
    assert_eq!(refused(|order| order.notify_url = format!("https://{}", "a".repeat(248))).0, "notify_url");
    assert_eq!(
        refused(|order| order.payer_client_ip = Some("x".into())),
        ("payer_client_ip", InvalidFieldReason::Value)
    );
}

#[test]
fn refunds_that_cannot_be_are_not_written() {
    let refused = |change: fn(&mut V3Refund)| {
        let mut refund = refund();
        change(&mut refund);
        let bad = refund.request().expect_err("the refund must be refused");
        (bad.field, bad.reason)
    };
    assert_eq!(refused(|r| r.refund = 102), ("refund", InvalidFieldReason::Value));
    assert_eq!(refused(|r| r.refund = 0), ("refund", InvalidFieldReason::Value));
    assert_eq!(refused(|r| r.out_refund_no = "R.1".into()), ("out_refund_no", InvalidFieldReason::Charset));
    assert_eq!(refused(|r| r.reason = Some(String::new())), ("reason", InvalidFieldReason::Length));
    let sent: Value = serde_json::from_str(refund().request().unwrap().as_str()).unwrap();
    assert_eq!(sent["amount"], json!({ "refund": 100, "total": 101, "currency": "CNY" }));
}
