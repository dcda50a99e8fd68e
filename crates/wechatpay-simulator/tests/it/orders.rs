//! Placing, querying and closing orders.

use serde_json::json;
use wechatpay_simulator::{ClockMode, CloseRule};

use crate::support::client::{fields, is_signed};
use crate::support::{START_MS, Shop, Sign};

#[tokio::test]
async fn an_order_is_placed_in_either_signature() {
    let shop = Shop::open().await;
    for (number, sign) in [("A1", Sign::Md5), ("A2", Sign::Hmac)] {
        let answer = shop.call("/pay/unifiedorder", shop.order(number), sign).await;
        assert!(is_signed(&answer, sign), "{answer:?}");
        assert_eq!((answer["result_code"].as_str(), answer["trade_type"].as_str()), ("SUCCESS", "NATIVE"));
        assert!(answer["code_url"].starts_with("weixin://wxpay/bizpayurl?pr="));
        assert_eq!(answer["prepay_id"].len(), 36);
    }
}

#[tokio::test]
async fn answers_are_plain_text_with_status_200() {
    let shop = Shop::open().await;
    let response = shop.raw("/pay/orderquery", "nonsense".into()).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/plain");
}

#[tokio::test]
async fn wrong_fields_are_refused_unsigned() {
    let shop = Shop::open().await;
    let long_body = "x".repeat(129);
    let url_with_query = format!("{}?a=1", shop.receiver.url());
    let cases = [
        ("body", "", "缺少参数 body"),
        ("product_id", "", "缺少参数 product_id"),
        ("notify_url", "", "缺少参数 notify_url"),
        ("body", &long_body, "body参数长度有误"),
        ("out_trade_no", "NO.1", "invalid out_trade_no"),
        ("total_fee", "0", "invalid total_fee"),
        ("total_fee", "-1", "invalid total_fee"),
        ("total_fee", "+1", "invalid total_fee"),
        ("total_fee", "1.00", "invalid total_fee"),
        ("notify_url", "ftp://x/", "invalid notify_url"),
        ("notify_url", &url_with_query, "invalid notify_url"),
        ("spbill_create_ip", "here", "invalid spbill_create_ip"),
        ("trade_type", "CASH", "invalid trade_type"),
        ("fee_type", "USD", "invalid fee_type"),
        ("time_expire", "20269923153000", "invalid time_expire"),
        ("appid", "wxnobody", "appid不存在"),
        ("mch_id", "1", "商户号mch_id不存在"),
        ("sign_type", "SHA1", "签名类型错误"),
    ];
    for (name, value, message) in cases {
        let mut order = shop.order("B1");
        order.insert(name.into(), value.into());
        let answer = shop.call("/pay/unifiedorder", order, Sign::Md5).await;
        assert_eq!(answer, fields(&[("return_code", "FAIL"), ("return_msg", message)]), "{name}={value}");
    }
    assert_eq!(shop.query("B1").await["err_code"], "ORDERNOTEXIST");
}

#[tokio::test]
async fn anothers_appid_and_other_trade_types_are_signed_failures() {
    let shop = Shop::open().await;
    for (name, value, code) in
        [("appid", "wxother", "APPID_MCHID_NOT_MATCH"), ("trade_type", "JSAPI", "NOAUTH")]
    {
        let mut order = shop.order("B2");
        order.insert(name.into(), value.into());
        let answer = shop.call("/pay/unifiedorder", order, Sign::Hmac).await;
        assert_eq!(answer["err_code"], code);
        assert!(is_signed(&answer, Sign::Hmac));
    }
}

#[tokio::test]
async fn a_wrong_signature_is_refused_and_does_nothing() {
    let shop = Shop::open().await;
    let mut order = shop.order("C1");
    let body = crate::support::client::signed(order.clone(), Sign::Md5).replace(">101<", ">1<");
    let text = shop.raw("/pay/unifiedorder", body).await.unwrap().text().await.unwrap();
    assert!(text.contains("签名错误"), "{text}");
    order.insert("an_unknown_field".into(), "is signed too".into());
    let answer = shop.call("/pay/unifiedorder", order, Sign::Md5).await;
    assert_eq!(answer["result_code"], "SUCCESS");
}

#[tokio::test]
async fn placing_again_renews_the_code_and_changes_are_refused() {
    let shop = Shop::open().await;
    let old = shop.prepay("D1").await;
    let new = shop.prepay("D1").await;
    assert_ne!(old, new);
    assert_eq!(shop.pay(json!({ "code_url": old })).await.0, 404);
    let mut changed = shop.order("D1");
    changed.insert("total_fee".into(), "102".into());
    let answer = shop.call("/pay/unifiedorder", changed, Sign::Md5).await;
    assert_eq!(answer["err_code"], "INVALID_REQUEST");
    assert_eq!(shop.pay(json!({ "code_url": new })).await.0, 200);
    let answer = shop.call("/pay/unifiedorder", shop.order("D1"), Sign::Md5).await;
    assert_eq!(answer["err_code"], "ORDERPAID");
}

#[tokio::test]
async fn the_three_states_of_a_query() {
    let shop = Shop::open().await;
    shop.prepay("E1").await;
    let waiting = shop.query("E1").await;
    assert_eq!(waiting["trade_state"], "NOTPAY");
    assert!(!waiting.contains_key("total_fee") && is_signed(&waiting, Sign::Md5));
    let trade = shop.pay_number("E1").await;
    let id = trade["transaction_id"].as_str().unwrap();
    let by_id = fields(&[("transaction_id", id), ("out_trade_no", "nobody's")]);
    let paid = shop.call("/pay/orderquery", by_id, Sign::Hmac).await;
    assert!(is_signed(&paid, Sign::Hmac));
    for (name, value) in [
        ("trade_state", "SUCCESS"),
        ("total_fee", "101"),
        ("time_end", "20260923153000"),
        ("attach", "a]]>b"),
    ] {
        assert_eq!(paid[name], value);
    }
    assert!(id.len() == 28 && id.bytes().all(|b| b.is_ascii_digit()));
    shop.prepay("E2").await;
    shop.close("E2").await;
    assert_eq!(shop.query("E2").await["trade_state"], "CLOSED");
}

#[tokio::test]
async fn closing() {
    let shop = Shop::open().await;
    assert_eq!(shop.close("F1").await["err_code"], "ORDERNOTEXIST");
    let code = shop.prepay("F1").await;
    let closed = shop.close("F1").await;
    assert_eq!((closed["result_code"].as_str(), closed["result_msg"].as_str()), ("SUCCESS", "OK"));
    assert!(is_signed(&closed, Sign::Md5));
    assert_eq!(shop.close("F1").await["err_code"], "ORDERCLOSED");
    let again = shop.call("/pay/unifiedorder", shop.order("F1"), Sign::Md5).await;
    assert_eq!(again["err_code"], "ORDERCLOSED");
    assert_eq!(shop.pay(json!({ "code_url": code })).await.1["error"], "order_closed");
    shop.prepay("F2").await;
    shop.pay_number("F2").await;
    assert_eq!(shop.close("F2").await["err_code"], "ORDERPAID");
}

#[tokio::test]
async fn the_five_minutes_of_the_documents_on_request() {
    let shop = Shop::open_with(ClockMode::Manual { start_ms: START_MS }, CloseRule::AfterFiveMinutes).await;
    shop.prepay("G1").await;
    shop.advance(299).await;
    assert_eq!(shop.close("G1").await["err_code"], "TRADE_STATE_ERROR");
    shop.advance(1).await;
    assert_eq!(shop.close("G1").await["result_code"], "SUCCESS");
}
