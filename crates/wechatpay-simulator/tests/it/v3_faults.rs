//! Faults of API v3.

use serde_json::{Value, json};

use crate::support::Shop;
use crate::support::v3::{V3, answer_is_signed, is_signed, order};

const BY_NUMBER: &str = "/v3/pay/transactions/out-trade-no/";
const REFUNDS: &str = "/v3/refund/domestic/refunds";

fn query(number: &str) -> String {
    format!("{BY_NUMBER}{number}?mchid=1900000109")
}

fn refund(shop: &Shop, number: &str, refund: &str, fen: i64) -> Value {
    json!({
        "out_trade_no": number, "out_refund_no": refund, "reason": "不要了", "notify_url": shop.receiver.url(),
        "amount": { "refund": fen, "total": 101, "currency": "CNY" },
    })
}

#[tokio::test]
async fn falsehoods_of_notices_and_answers() {
    let shop = Shop::open().await;
    let v3 = V3::of(&shop);
    let platform = shop.simulator.platform_keys();
    let kinds = [
        "bad_signature",
        "wrong_serial",
        "sign_test",
        "stale_timestamp",
        "bad_ciphertext",
        "wrong_amount",
        "wrong_currency",
        "foreign_appid",
    ];
    for (nth, kind) in kinds.into_iter().enumerate() {
        let number = format!("A0000{nth}");
        v3.native(&shop, &number).await;
        shop.faults(json!([{ "on": "notice", "kind": kind, "times": 1 }])).await;
        shop.pay_number(&number).await;
        shop.advance(0).await;
        let delivery = shop.deliveries().await.pop().unwrap();
        let header = |name: &str| delivery["headers"][name].as_str().map(str::to_owned);
        let body: Value = serde_json::from_str(delivery["body"].as_str().unwrap()).unwrap();
        let is_broken = ["bad_signature", "wrong_serial", "sign_test"].contains(&kind);
        assert_eq!(is_signed(&platform, header, delivery["body"].as_str().unwrap()), !is_broken, "{kind}");
        let plain = v3.reveal_text(&body["resource"]);
        assert_eq!(plain.is_none(), kind == "bad_ciphertext");
        match kind {
            "sign_test" => assert!(header("wechatpay-signature").unwrap().starts_with("WECHATPAY/SIGNTEST/")),
            "wrong_amount" => {
                let told: Value = serde_json::from_str(&plain.unwrap()).unwrap();
                assert_eq!(told["amount"]["total"], 1);
            }
            "wrong_currency" => assert!(plain.unwrap().contains("USD")),
            "foreign_appid" => assert!(plain.unwrap().contains("wx2421b1c4370ec43b")),
            "stale_timestamp" => {
                let told: i64 = header("wechatpay-timestamp").unwrap().parse().unwrap();
                assert!(v3.now_s - told > 300);
            }
            _ => {}
        }
    }
    for kind in ["bad_signature", "wrong_serial", "sign_test", "foreign_trade"] {
        shop.faults(json!([{ "on": "query", "kind": kind, "times": 1 }])).await;
        let answer = v3.get(&shop, &query("A00001")).await;
        assert_eq!(answer_is_signed(&shop, &answer), kind == "foreign_trade", "{kind}");
    }
    shop.faults(json!([{ "on": "certificates", "kind": "bad_ciphertext", "times": 1 }])).await;
    let told = v3.get(&shop, "/v3/certificates").await.json();
    assert!(v3.reveal_text(&told["data"][0]["encrypt_certificate"]).is_none());
}

#[tokio::test]
async fn faults_of_the_calls() {
    let shop = Shop::open().await;
    let v3 = V3::of(&shop);
    let kinds = [
        ("http_500", 500, "SYSTEM_ERROR", 404),
        ("http_429", 429, "FREQUENCY_LIMITED", 404),
        ("http_202", 202, "", 404),
        ("system_error_before", 500, "SYSTEM_ERROR", 404),
        ("system_error_after", 500, "SYSTEM_ERROR", 200),
    ];
    for (nth, (kind, status, code, found)) in kinds.into_iter().enumerate() {
        let number = format!("B0000{nth}");
        shop.faults(json!([{ "on": "prepay", "kind": kind, "times": 1 }])).await;
        let told = v3.native(&shop, &number).await;
        assert_eq!((told.status, told.json()["code"].as_str().unwrap_or_default()), (status, code));
        assert_eq!(answer_is_signed(&shop, &told), status == 202, "every 2xx is signed");
        assert_eq!(v3.get(&shop, &query(&number)).await.status, found, "{kind}");
    }
    shop.faults(json!([{ "on": "prepay", "kind": "drop_answer_after", "times": 1 }])).await;
    let body = order(&shop, "C00001").to_string();
    assert!(v3.try_call(&shop, "POST", "/v3/pay/transactions/native", &body).await.is_err());
    assert_eq!(v3.get(&shop, &query("C00001")).await.status, 200);
    shop.faults(json!([{ "on": "close", "kind": "paid_meanwhile", "times": 1 }])).await;
    let closed = v3.post(&shop, &format!("{BY_NUMBER}C00001/close"), json!({ "mchid": "1900000109" })).await;
    assert_eq!(closed.json()["code"], "ORDER_PAID");
    shop.faults(json!([{ "on": "refund", "kind": "refuse", "code": "NOTENOUGH", "times": 1 }])).await;
    let told = v3.post(&shop, REFUNDS, refund(&shop, "C00001", "R1", 1)).await;
    assert_eq!((told.status, &told.json()["code"]), (403, &json!("NOT_ENOUGH")));
}
