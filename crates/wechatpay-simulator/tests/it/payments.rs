//! Payments and their notices.

use std::sync::Arc;

use serde_json::json;

use crate::support::client::is_signed;
use crate::support::{Shop, Sign};

#[tokio::test]
async fn prepay_pay_notice() {
    let shop = Shop::open().await;
    for (number, sign) in [("A1", Sign::Md5), ("A2", Sign::Hmac)] {
        let answer = shop.call("/pay/unifiedorder", shop.order(number), sign).await;
        let (status, trade) = shop.pay(json!({ "code_url": answer["code_url"], "openid": "o1" })).await;
        assert_eq!((status, trade["trade_state"].as_str()), (200, Some("SUCCESS")));
        shop.advance(0).await;
        let notice = shop.receiver.received().pop().unwrap();
        assert!(is_signed(&notice, sign), "{notice:?}");
        assert_eq!(
            notice.get("sign_type").map(String::as_str),
            matches!(sign, Sign::Hmac).then_some("HMAC-SHA256")
        );
        let transaction_id = trade["transaction_id"].as_str().unwrap();
        let expected = [
            ("return_code", "SUCCESS"),
            ("result_code", "SUCCESS"),
            ("appid", "wx8888888888888888"),
            ("mch_id", "1900000109"),
            ("out_trade_no", number),
            ("transaction_id", transaction_id),
            ("openid", "o1"),
            ("is_subscribe", "N"),
            ("trade_type", "NATIVE"),
            ("total_fee", "101"),
            ("cash_fee", "101"),
            ("fee_type", "CNY"),
            ("attach", "a]]>b"),
            ("time_end", "20260923153000"),
        ];
        for (name, value) in expected {
            assert_eq!(notice[name], value, "{name}");
        }
    }
}

#[tokio::test]
async fn refusals_of_the_phone() {
    let shop = Shop::open().await;
    assert_eq!(shop.pay(json!({ "code_url": "weixin://x" })).await.0, 404);
    assert_eq!(shop.pay(json!({})).await.0, 400);
    assert_eq!(shop.pay(json!({ "out_trade_no": "A", "amount": 0 })).await.0, 400);
    assert_eq!(shop.pay(json!({ "out_trade_no": "A", "openid": "<x>" })).await.0, 400);
    let (status, told) = shop.pay(json!({ "number": "A" })).await;
    assert_eq!(status, 400);
    assert!(told["message"].as_str().unwrap().contains("unknown field `number`, expected one of `code_url`"));
    shop.prepay("A").await;
    shop.pay_number("A").await;
    assert_eq!(shop.pay(json!({ "out_trade_no": "A" })).await.1["error"], "already_paid");
    let (status, told) = shop.pay(json!({ "out_trade_no": "A", "openid": "another" })).await;
    assert_eq!((status, told["message"].as_str()), (409, Some("商户订单信息有误")));
}

#[tokio::test]
async fn another_amount_is_told_by_notice_and_query_alike() {
    let shop = Shop::open().await;
    shop.prepay("B").await;
    let (_, trade) = shop.pay(json!({ "out_trade_no": "B", "amount": 1 })).await;
    assert_eq!((trade["total_fee"].as_i64(), trade["paid_fee"].as_i64()), (Some(101), Some(1)));
    shop.advance(0).await;
    assert_eq!(shop.receiver.received()[0]["total_fee"], "1");
    assert_eq!(shop.query("B").await["total_fee"], "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_payments_at_once_one_pays() {
    let shop = Arc::new(Shop::open().await);
    let code = shop.prepay("C").await;
    let mut payments = tokio::task::JoinSet::new();
    for payer in 0..100 {
        let (shop, code) = (Arc::clone(&shop), code.clone());
        payments.spawn(async move {
            shop.pay(json!({ "code_url": code, "openid": format!("o{payer}") })).await.0
        });
    }
    let statuses = payments.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 99);
    shop.advance(86_400).await;
    assert_eq!(shop.receiver.bodies().len(), 1);
}

/// A coupon pays a part: the order is fully paid, but the merchant is settled less.
#[tokio::test]
async fn a_coupon_pays_a_part() {
    use crate::support::v3::V3;
    let shop = Shop::open().await;
    shop.prepay("D00001").await;
    assert_eq!(shop.pay(json!({ "out_trade_no": "D00001", "coupon": 102 })).await.0, 400);
    assert_eq!(shop.pay(json!({ "out_trade_no": "D00001", "coupon": 21 })).await.0, 200);
    shop.advance(0).await;
    let notice = &shop.receiver.received()[0];
    let told = ["total_fee", "cash_fee", "settlement_total_fee", "coupon_fee", "coupon_count"];
    assert_eq!(told.map(|name| notice[name].as_str()), ["101", "80", "80", "21", "1"]);
    let v3 = V3::of(&shop);
    let query = v3.get(&shop, "/v3/pay/transactions/out-trade-no/D00001?mchid=1900000109").await.json();
    assert_eq!((&query["amount"]["total"], &query["amount"]["payer_total"]), (&json!(101), &json!(80)));
    assert_eq!(query["promotion_detail"][0]["amount"], 21);
    let halves = [shop.refund("D00001", "R1", "50").await, shop.refund("D00001", "R2", "51").await];
    assert_eq!(halves.map(|half| half["cash_refund_fee"].clone()), ["39", "41"], "80 in all");
}
