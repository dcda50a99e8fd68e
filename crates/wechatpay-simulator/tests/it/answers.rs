//! Faults of answers.

use std::time::Duration;

use serde_json::json;

use crate::support::client::{self, is_signed};
use crate::support::{Shop, Sign};

/// A shop whose next prepay call has the fault `kind`.
async fn facing(kind: &str) -> Shop {
    let shop = Shop::open().await;
    shop.faults(json!([{ "on": "unifiedorder", "kind": kind, "times": 1 }])).await;
    shop
}

async fn prepay(shop: &Shop) -> client::Fields {
    shop.call("/pay/unifiedorder", shop.order("A"), Sign::Md5).await
}

#[tokio::test]
async fn http_500_did_nothing() {
    let shop = facing("http_500").await;
    let body = client::signed(shop.order("A"), Sign::Md5);
    assert_eq!(shop.raw("/pay/unifiedorder", body).await.unwrap().status(), 500);
    assert_eq!(shop.query("A").await["err_code"], "ORDERNOTEXIST");
    assert_eq!(prepay(&shop).await["result_code"], "SUCCESS");
}

#[tokio::test]
async fn system_error_before_and_after() {
    for (kind, after) in [("system_error_before", "err_code"), ("system_error_after", "trade_state")] {
        let shop = facing(kind).await;
        let answer = prepay(&shop).await;
        assert_eq!(answer["err_code"], "SYSTEMERROR");
        assert!(is_signed(&answer, Sign::Md5));
        assert!(shop.query("A").await.contains_key(after), "{kind}");
        assert!(prepay(&shop).await.contains_key("code_url"));
    }
}

#[tokio::test]
async fn a_dropped_answer_took_effect() {
    let shop = facing("drop_answer_after").await;
    let lost = shop.try_call("/pay/unifiedorder", shop.order("A"), Sign::Md5).await;
    assert!(lost.is_err());
    assert_eq!(shop.query("A").await["trade_state"], "NOTPAY");
}

#[tokio::test]
async fn a_badly_signed_answer() {
    let shop = facing("bad_signature").await;
    let answer = prepay(&shop).await;
    assert!(answer.contains_key("code_url") && !is_signed(&answer, Sign::Md5));
}

#[tokio::test]
async fn a_hanging_answer_took_effect_and_comes_late() {
    let shop = Shop::open().await;
    shop.prepay("A").await;
    shop.faults(json!([{ "on": "closeorder", "kind": "hang", "seconds": 1, "times": 1 }])).await;
    let impatient = tokio::time::timeout(Duration::from_millis(200), shop.close("A")).await;
    assert!(impatient.is_err());
    assert_eq!(shop.close("A").await["err_code"], "ORDERCLOSED");
}

#[tokio::test]
async fn the_notice_can_outrun_the_answer_to_the_prepay() {
    let shop = facing("notice_before_prepay_answer").await;
    assert!(prepay(&shop).await.contains_key("code_url"));
    assert_eq!(shop.receiver.received()[0]["out_trade_no"], "A");
    assert_eq!(shop.query("A").await["trade_state"], "SUCCESS");
}

#[tokio::test]
async fn faults_keep_to_their_call_and_their_trade() {
    let shop = Shop::open().await;
    shop.prepay("A").await;
    shop.prepay("B").await;
    shop.faults(
        json!([{ "on": "orderquery", "kind": "system_error_before", "out_trade_no": "A", "times": 2 }]),
    )
    .await;
    assert_eq!(shop.query("B").await["trade_state"], "NOTPAY");
    assert_eq!(shop.query("A").await["err_code"], "SYSTEMERROR");
    assert_eq!(shop.query("A").await["err_code"], "SYSTEMERROR");
    assert_eq!(shop.query("A").await["trade_state"], "NOTPAY");
}
