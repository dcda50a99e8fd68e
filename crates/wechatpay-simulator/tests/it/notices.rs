//! Faults of deliveries.

use serde_json::{Value, json};
use wechatpay_simulator::{ClockMode, CloseRule};

use crate::support::client::is_signed;
use crate::support::{Shop, Sign};

/// Pays `numbers` under `faults`.
async fn paid(faults: Value, numbers: &[&str]) -> Shop {
    let shop = Shop::open().await;
    shop.faults(faults).await;
    for number in numbers {
        shop.prepay(number).await;
        shop.pay_number(number).await;
    }
    shop
}

fn numbers(shop: &Shop) -> Vec<String> {
    shop.receiver.received().iter().map(|notice| notice["out_trade_no"].clone()).collect()
}

#[tokio::test]
async fn a_dropped_notice_comes_with_the_next_attempt() {
    let shop = paid(json!([{ "on": "notice", "kind": "drop", "times": 1 }]), &["A"]).await;
    shop.advance(14).await;
    assert!(shop.receiver.bodies().is_empty());
    assert_eq!(shop.deliveries().await[0]["fault"], "drop");
    shop.advance(1).await;
    assert_eq!(shop.receiver.bodies().len(), 1);
}

#[tokio::test]
async fn without_times_every_notice_is_dropped() {
    let shop = paid(json!([{ "on": "notice", "kind": "drop", "out_trade_no": "A" }]), &["A", "B"]).await;
    shop.advance(90_000).await;
    assert_eq!(numbers(&shop), ["B"]);
    assert_eq!(shop.deliveries().await.len(), 17);
}

#[tokio::test]
async fn a_delayed_notice_comes_later() {
    let shop = paid(json!([{ "on": "notice", "kind": "delay", "seconds": 100 }]), &["A"]).await;
    shop.advance(99).await;
    assert!(shop.receiver.bodies().is_empty());
    shop.advance(1).await;
    assert_eq!(shop.receiver.bodies().len(), 1);
}

#[tokio::test]
async fn duplicates_come_at_once() {
    let shop = paid(json!([{ "on": "notice", "kind": "duplicate", "copies": 5 }]), &["A"]).await;
    shop.advance(0).await;
    assert_eq!((shop.receiver.bodies().len(), shop.receiver.most_at_once()), (5, 5));
    assert!(shop.receiver.bodies().iter().all(|body| *body == shop.receiver.bodies()[0]));
}

#[tokio::test]
async fn a_reordered_notice_comes_after_the_next() {
    let fault = json!([{ "on": "notice", "kind": "reorder", "times": 1 }]);
    let shop = paid(fault.clone(), &["A", "B", "C"]).await;
    shop.advance(0).await;
    assert_eq!(numbers(&shop), ["B", "C", "A"]);
    let alone = paid(fault, &["A"]).await;
    alone.advance(15).await;
    assert_eq!(numbers(&alone), ["A"]);
}

#[tokio::test]
async fn falsified_notices_are_well_signed() {
    let kinds = [
        ("wrong_amount", "total_fee", "1"),
        ("wrong_currency", "fee_type", "USD"),
        ("foreign_merchant", "mch_id", "1230000109"),
        ("foreign_appid", "appid", "wx2421b1c4370ec43b"),
        ("foreign_transaction", "transaction_id", "4200009999202601019999999999"),
        ("foreign_trade_type", "trade_type", "JSAPI"),
        ("not_paid", "result_code", "FAIL"),
    ];
    for (kind, name, value) in kinds {
        let shop = paid(json!([{ "on": "notice", "kind": kind, "times": 1 }]), &["A"]).await;
        shop.advance(0).await;
        let notice = &shop.receiver.received()[0];
        assert!(is_signed(notice, Sign::Md5), "{kind}");
        assert_eq!(notice[name], value);
        assert_eq!(shop.query("A").await["total_fee"], "101");
    }
}

#[tokio::test]
async fn a_wrong_amount_can_be_chosen() {
    let shop = paid(json!([{ "on": "notice", "kind": "wrong_amount", "amount": 100 }]), &["A"]).await;
    shop.advance(0).await;
    assert_eq!(shop.receiver.received()[0]["total_fee"], "100");
}

#[tokio::test]
async fn a_badly_signed_notice_is_right_but_for_its_signature() {
    let shop = paid(json!([{ "on": "notice", "kind": "bad_signature" }]), &["A"]).await;
    shop.advance(0).await;
    let notice = &shop.receiver.received()[0];
    assert!(!is_signed(notice, Sign::Md5));
    assert_eq!(notice["total_fee"], "101");
}

#[tokio::test]
async fn a_resend_is_the_very_same_notice() {
    let shop = paid(json!([]), &["A"]).await;
    shop.advance(0).await;
    let again = json!({ "out_trade_no": "A", "times": 12, "concurrent": 4 });
    let (status, told) = shop.control("POST", "/sim/notifications/resend", again).await;
    assert_eq!((status, told["deliveries"].as_array().unwrap().len()), (200, 12));
    assert_eq!(shop.receiver.bodies().len(), 13);
    assert_eq!(shop.receiver.most_at_once(), 4);
    assert!(shop.receiver.bodies().iter().all(|body| *body == shop.receiver.bodies()[0]));
}

#[tokio::test]
async fn in_real_time_many_notices_travel_together() {
    let shop = Shop::open_with(ClockMode::Real, CloseRule::AtOnce).await;
    for number in 0..200 {
        shop.prepay(&format!("N{number}")).await;
        shop.pay_number(&format!("N{number}")).await;
    }
    shop.receiver.wait_for(200).await;
    assert_eq!(shop.receiver.bodies().len(), 200);
}
