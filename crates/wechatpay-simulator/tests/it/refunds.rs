//! Refunds of API v2.

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use serde_json::{Value, json};
use wechatpay_simulator::{ClockMode, Merchant, RefundRule, SimulatorOptions};

use crate::support::client::{self, Fields, is_signed};
use crate::support::{START_MS, Shop, Sign};

/// The encrypted content of a refund notice.
fn reveal(req_info: &str) -> Fields {
    let digest = Md5::digest(client::KEY);
    let key: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let key = UnboundCipherKey::new(&AES_256, key.as_bytes()).unwrap();
    let key = PaddedBlockDecryptingKey::ecb_pkcs7(key).unwrap();
    let mut bytes = STANDARD.decode(req_info).unwrap();
    let text = key.decrypt(&mut bytes, DecryptionContext::None).unwrap();
    let text = std::str::from_utf8(text).unwrap();
    client::read(&text.replace("<root>", "<xml>").replace("</root>", "</xml>"))
}

#[tokio::test]
async fn a_refund_is_accepted_then_done_then_told() {
    let shop = Shop::open().await;
    shop.paid("A").await;
    shop.advance(0).await;
    let answer = shop.refund("A", "R1", "40").await;
    assert!(is_signed(&answer, Sign::Md5));
    assert_eq!(
        (&*answer["result_code"], &*answer["refund_fee"], &*answer["total_fee"]),
        ("SUCCESS", "40", "101")
    );
    assert!((28..=32).contains(&answer["refund_id"].len()));
    assert_eq!(shop.query("A").await["trade_state"], "REFUND");
    assert_eq!(shop.refund_query("out_refund_no", "R1").await["refund_status_0"], "PROCESSING");
    shop.advance(1).await;
    let told = shop.refund_query("out_trade_no", "A").await;
    assert!(is_signed(&told, Sign::Md5));
    let expected = [
        ("refund_status_0", "SUCCESS"),
        ("refund_fee_0", "40"),
        ("out_refund_no_0", "R1"),
        ("refund_count", "1"),
        ("total_refund_count", "1"),
        ("refund_success_time_0", "2026-09-23 15:30:01"),
        ("refund_id_0", &answer["refund_id"]),
    ];
    for (name, value) in expected {
        assert_eq!(told[name], value, "{name}");
    }
    let notice = shop.receiver.received().pop().unwrap();
    assert!(!notice.contains_key("sign"));
    let hidden = reveal(&notice["req_info"]);
    let expected = [
        ("out_trade_no", "A"),
        ("out_refund_no", "R1"),
        ("refund_fee", "40"),
        ("total_fee", "101"),
        ("refund_status", "SUCCESS"),
        ("refund_request_source", "API"),
        ("success_time", "2026-09-23 15:30:01"),
    ];
    for (name, value) in expected {
        assert_eq!(hidden[name], value, "{name}");
    }
}

#[tokio::test]
async fn the_same_refund_again_is_the_same_refund() {
    let shop = Shop::open().await;
    shop.paid("A").await;
    let first = shop.refund("A", "R1", "40").await;
    assert_eq!(shop.refund("A", "R1", "40").await["refund_id"], first["refund_id"]);
    assert_eq!(shop.refund("A", "R1", "41").await["err_code"], "REFUND_FEE_MISMATCH");
    shop.advance(10).await;
    assert_eq!(shop.receiver.bodies().len(), 2, "one notice of the payment, one of the refund");
    shop.paid("B").await;
    assert_eq!(shop.refund("B", "R1", "40").await["err_code"], "INVALID_REQUEST");
}

#[tokio::test]
async fn no_more_than_was_paid_goes_back() {
    let shop = Shop::open().await;
    shop.prepay("A").await;
    assert_eq!(shop.refund("A", "R1", "1").await["err_code"], "ORDERNOTEXIST");
    assert_eq!(shop.refund("X", "R1", "1").await["err_code"], "ORDERNOTEXIST");
    shop.pay_number("A").await;
    assert_eq!(shop.refund("A", "R1", "102").await["err_code"], "INVALID_REQUEST");
    assert_eq!(shop.refund("A", "R1", "100").await["result_code"], "SUCCESS");
    assert_eq!(shop.refund("A", "R2", "2").await["err_code"], "INVALID_REQUEST");
    assert_eq!(shop.refund("A", "R3", "1").await["result_code"], "SUCCESS");
    let mut own = client::fields(&[("out_trade_no", "A"), ("out_refund_no", "R4"), ("refund_fee", "1")]);
    own.insert("total_fee".into(), "100".into());
    assert_eq!(shop.call("/secapi/pay/refund", own.clone(), Sign::Hmac).await["err_code"], "INVALID_REQUEST");
    own.insert("refund_fee".into(), "0".into());
    assert_eq!(shop.call("/secapi/pay/refund", own, Sign::Hmac).await["return_msg"], "invalid refund_fee");
    assert_eq!(shop.refund_query("out_refund_no", "R9").await["err_code"], "REFUNDNOTEXIST");
}

#[tokio::test]
async fn a_trade_has_fifty_refunds_told_in_pages() {
    let shop = Shop::open().await;
    shop.paid("A").await;
    for number in 0..50 {
        assert_eq!(shop.refund("A", &format!("R{number}"), "1").await["result_code"], "SUCCESS");
    }
    assert_eq!(shop.refund("A", "R50", "1").await["err_code"], "INVALID_REQUEST");
    let page = client::fields(&[("out_trade_no", "A"), ("offset", "45")]);
    let told = shop.call("/pay/refundquery", page, Sign::Md5).await;
    assert_eq!((&*told["refund_count"], &*told["total_refund_count"]), ("5", "50"));
    assert_eq!(told["out_refund_no_4"], "R49");
}

#[tokio::test]
async fn faults_decide_how_a_refund_goes() {
    let shop = Shop::open().await;
    let cases = [
        (json!({ "on": "refund", "kind": "ends_abnormal", "times": 1 }), "CHANGE"),
        (json!({ "on": "refund", "kind": "ends_closed", "times": 1 }), "REFUNDCLOSE"),
        (json!({ "on": "refund", "kind": "takes", "seconds": 3600, "times": 1 }), "PROCESSING"),
    ];
    for (nth, (fault, status)) in cases.into_iter().enumerate() {
        let number = format!("A{nth}");
        shop.paid(&number).await;
        shop.faults(json!([fault])).await;
        assert_eq!(shop.refund(&number, &number, "101").await["result_code"], "SUCCESS");
        shop.advance(2).await;
        assert_eq!(shop.refund_query("out_refund_no", &number).await["refund_status_0"], status);
    }
    assert_eq!(
        shop.refund("A1", "again", "101").await["result_code"],
        "SUCCESS",
        "a closed one gives nothing back"
    );
    shop.faults(json!([{ "on": "refund", "kind": "refuse", "code": "NOTENOUGH", "times": 1 }])).await;
    shop.paid("B").await;
    assert_eq!(shop.refund("B", "B", "1").await["err_code"], "NOTENOUGH");
    assert_eq!(shop.refund("B", "B", "1").await["result_code"], "SUCCESS");
}

#[tokio::test]
async fn a_refund_can_be_done_though_its_answer_says_otherwise() {
    let shop = Shop::open().await;
    for (kind, done) in
        [("system_error_before", false), ("system_error_after", true), ("drop_answer_after", true)]
    {
        shop.paid(kind).await;
        shop.faults(json!([{ "on": "refund", "kind": kind, "times": 1 }])).await;
        let own = client::fields(&[
            ("out_trade_no", kind),
            ("out_refund_no", kind),
            ("total_fee", "101"),
            ("refund_fee", "101"),
        ]);
        let answer = shop.try_call("/secapi/pay/refund", own, Sign::Md5).await;
        assert!(answer.is_err() || answer.is_ok_and(|told| told["err_code"] == "SYSTEMERROR"));
        let told = shop.refund_query("out_refund_no", kind).await;
        assert_eq!(told.contains_key("refund_status_0"), done, "{kind}");
    }
}

#[tokio::test]
async fn paid_meanwhile_is_paid_before_the_call() {
    let shop = Shop::open().await;
    shop.prepay("A").await;
    shop.faults(json!([{ "on": "closeorder", "kind": "paid_meanwhile", "times": 1 }])).await;
    assert_eq!(shop.close("A").await["err_code"], "ORDERPAID");
    assert_eq!(shop.query("A").await["trade_state"], "SUCCESS");
    shop.advance(0).await;
    assert_eq!(shop.receiver.received()[0]["out_trade_no"], "A");
}

#[tokio::test]
async fn a_refund_by_hand_is_unknown_to_the_shop() {
    let shop = Shop::open().await;
    shop.paid("A").await;
    shop.refund("A", "R1", "1").await;
    let by_hand = json!({ "out_trade_no": "A", "notify_url": shop.receiver.url() });
    let (status, told) = shop.control("POST", "/sim/refund", by_hand.clone()).await;
    assert_eq!(
        (status, told["refund_fee"].as_i64(), told["source"].as_str()),
        (200, Some(100), Some("platform"))
    );
    assert_eq!(shop.control("POST", "/sim/refund", by_hand).await.0, 409);
    shop.advance(1).await;
    let hidden = reveal(&shop.receiver.received().pop().unwrap()["req_info"]);
    assert_eq!(hidden["refund_request_source"], "VENDOR_PLATFORM");
    let (_, listed) = shop.control("GET", "/sim/refunds?out_trade_no=A", Value::Null).await;
    assert_eq!(listed["refunds"].as_array().unwrap().len(), 2);
    let (_, trades) = shop.control("GET", "/sim/trades", Value::Null).await;
    assert_eq!(
        (trades["trades"][0]["refunded_fee"].as_i64(), &trades["trades"][0]["trade_state"]),
        (Some(101), &json!("REFUND"))
    );
}

#[tokio::test]
async fn the_minute_between_refunds_is_a_rule_to_choose() {
    let mut options = SimulatorOptions::new(([127, 0, 0, 1], 0).into(), Merchant::demo());
    options.clock = ClockMode::Manual { start_ms: START_MS };
    options.refund_rule = RefundRule::MinuteApart;
    let shop = Shop::open_as(options).await;
    shop.paid("A").await;
    shop.refund("A", "R1", "1").await;
    shop.advance(59).await;
    assert_eq!(shop.refund("A", "R2", "1").await["err_code"], "INVALID_REQ_TOO_MUCH");
    shop.advance(1).await;
    assert_eq!(shop.refund("A", "R2", "1").await["result_code"], "SUCCESS");
}

#[tokio::test]
async fn notices_of_refunds_climb_the_ladder_and_meet_their_own_faults() {
    let shop = Shop::open().await;
    shop.faults(json!([{ "on": "refund_notice", "kind": "drop", "times": 1 }])).await;
    shop.paid("A").await;
    shop.refund("A", "R1", "1").await;
    shop.advance(1).await;
    assert_eq!(shop.receiver.bodies().len(), 1, "the payment's is untouched");
    shop.advance(15).await;
    assert_eq!(shop.receiver.bodies().len(), 2);
    let deliveries = shop.deliveries().await;
    assert_eq!(
        (deliveries[1]["about"].as_str(), deliveries[1]["fault"].as_str()),
        (Some("refund"), Some("drop"))
    );
    let again = json!({ "out_trade_no": "A", "out_refund_no": "R1" });
    assert_eq!(shop.control("POST", "/sim/notifications/resend", again).await.0, 200);
    assert_eq!(shop.receiver.bodies()[1], shop.receiver.bodies()[2]);
}

#[tokio::test]
async fn the_notice_can_outrun_the_answer_to_the_refund() {
    let shop = Shop::open().await;
    shop.paid("A").await;
    shop.advance(0).await;
    shop.faults(json!([{ "on": "refund", "kind": "notice_before_refund_answer", "times": 1 }])).await;
    assert_eq!(shop.refund("A", "R1", "1").await["result_code"], "SUCCESS");
    let hidden = reveal(&shop.receiver.received()[1]["req_info"]);
    assert_eq!((&*hidden["out_refund_no"], &*hidden["refund_status"]), ("R1", "SUCCESS"));
}
