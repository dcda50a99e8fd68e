//! The rest of the control API.

use serde_json::{Value, json};

use crate::support::Shop;

#[tokio::test]
async fn the_merchants_keys() {
    let shop = Shop::open().await;
    let (_, told) = shop.control("GET", "/sim/merchant", Value::Null).await;
    assert_eq!(
        (told["appid"].as_str(), told["mch_id"].as_str()),
        (Some("wx8888888888888888"), Some("1900000109"))
    );
    assert_eq!(told["api_key"], crate::support::client::KEY);
    assert_eq!(told["merchants"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn changed_keys_count_at_once() {
    let shop = Shop::open().await;
    let new = "fedcba9876543210fedcba9876543210";
    let keys = json!({ "api_key": new, "api_v3_key": "another-apiv3-key-of-32-characte" });
    let (status, told) = shop.control("PUT", "/sim/merchant", keys).await;
    assert_eq!((status, &told["api_key"]), (200, &json!(new)));
    assert_eq!(told["api_v3_key"], "another-apiv3-key-of-32-characte");
    let body = crate::support::client::signed(
        [("out_trade_no".into(), "A".into())].into(),
        crate::support::Sign::Md5,
    );
    let answer = shop.raw("/pay/orderquery", body).await.unwrap().text().await.unwrap();
    assert!(answer.contains("签名错误"), "{answer}");
    for wrong in [json!({ "api_key": "short" }), json!({ "api_v3_key": "short" }), json!({ "key": new })] {
        assert_eq!(shop.control("PUT", "/sim/merchant", wrong).await.0, 400);
    }
    let nobody = json!({ "mch_id": "1", "api_key": new });
    assert_eq!(shop.control("PUT", "/sim/merchant", nobody).await.0, 404);
}

#[tokio::test]
async fn faults_are_listed_counted_and_cleared() {
    let shop = Shop::open().await;
    shop.faults(json!([{ "on": "orderquery", "kind": "http_500", "times": 2 }])).await;
    let body = crate::support::client::signed(
        [("out_trade_no".into(), "A".into())].into(),
        crate::support::Sign::Md5,
    );
    shop.raw("/pay/orderquery", body).await.unwrap();
    let (_, told) = shop.control("GET", "/sim/faults", Value::Null).await;
    assert_eq!(told, json!({ "faults": [{ "on": "orderquery", "kind": "http_500", "times": 1 }] }));
    let (status, told) = shop.control("PUT", "/sim/faults", json!({})).await;
    assert_eq!((status, told), (200, json!({ "faults": [] })));
}

#[tokio::test]
async fn senseless_faults_are_refused_and_change_nothing() {
    let shop = Shop::open().await;
    shop.faults(json!([{ "on": "notice", "kind": "drop" }])).await;
    let cases = [
        (json!({ "drop": 1 }), "unknown field `drop`, expected `faults`"),
        (
            json!({ "faults": [{ "on": "notice", "kind": "lose" }] }),
            "unknown variant `lose`, expected one of `drop`",
        ),
        (json!({ "faults": [{ "on": "reverse", "kind": "drop" }] }), "unknown variant `reverse`"),
        (json!({ "faults": [{ "on": "closeorder", "kind": "ends_closed" }] }), "applies only to `refund`"),
        (json!({ "faults": [{ "on": "refund", "kind": "refuse" }] }), "needs `code`"),
        (json!({ "faults": [{ "on": "refund", "kind": "refuse", "code": "X" }] }), "none here"),
        (json!({ "faults": [{ "on": "notice", "kind": "foreign_trade" }] }), "applies to answers"),
        (json!({ "faults": [{ "on": "orderquery", "kind": "trade_state" }] }), "needs `state`"),
        (
            json!({ "faults": [{ "on": "orderquery", "kind": "trade_state", "state": "PAID" }] }),
            "one of NOTPAY",
        ),
        (
            json!({ "faults": [{ "on": "orderquery", "kind": "http_500", "state": "NOTPAY" }] }),
            "knows no `state`",
        ),
        (json!({ "faults": [{ "on": "notice", "kind": "drop", "time": 1 }] }), "unknown field `time`"),
        (json!({ "faults": [{ "on": "notice", "kind": "hang", "seconds": 1 }] }), "applies to answers"),
        (json!({ "faults": [{ "on": "orderquery", "kind": "drop" }] }), "applies only to `notice`"),
        (json!({ "faults": [{ "on": "notice", "kind": "delay" }] }), "needs `seconds`"),
        (json!({ "faults": [{ "on": "notice", "kind": "drop", "seconds": 1 }] }), "knows no `seconds`"),
    ];
    for (plan, why) in cases {
        let (status, told) = shop.control("PUT", "/sim/faults", plan).await;
        assert_eq!(status, 400);
        assert!(told["message"].as_str().unwrap().contains(why), "{told}");
    }
    let (_, told) = shop.control("GET", "/sim/faults", Value::Null).await;
    assert_eq!(told["faults"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn trades_are_listed_newest_first() {
    let shop = Shop::open().await;
    for number in ["A", "B", "C"] {
        shop.prepay(number).await;
    }
    let (_, all) = shop.control("GET", "/sim/trades?limit=2", Value::Null).await;
    let numbers: Vec<_> =
        all["trades"].as_array().unwrap().iter().map(|trade| trade["out_trade_no"].clone()).collect();
    assert_eq!(numbers, ["C", "B"]);
    let (_, one) = shop.control("GET", "/sim/trades?out_trade_no=A", Value::Null).await;
    assert_eq!(one["trades"][0]["total_fee"], 101);
}

#[tokio::test]
async fn hostile_bodies_are_refused() {
    let shop = Shop::open().await;
    for (method, path) in [("POST", "/sim/pay"), ("PUT", "/sim/faults"), ("POST", "/sim/clock/advance")] {
        for body in ["", "{", "[]", "null", "{\"seconds\":-1}", "{\"seconds\":99999999999}"] {
            let request = shop.http.request(method.parse().unwrap(), shop.url(path)).body(body);
            assert_eq!(request.send().await.unwrap().status(), 400, "{path} {body}");
        }
    }
    let large = "x".repeat(70_000);
    assert_eq!(shop.raw("/sim/pay", large.clone()).await.unwrap().status(), 413);
    assert_eq!(shop.raw("/pay/unifiedorder", large).await.unwrap().status(), 413);
}

#[tokio::test]
async fn a_stopped_simulator_is_gone() {
    let shop = Shop::open().await;
    let url = shop.url("/sim/clock");
    shop.simulator.stop().await;
    assert!(reqwest::get(url).await.is_err());
}
