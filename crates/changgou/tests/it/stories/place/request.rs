//! Which fields and values a request for an order may have.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::program::Socket;
use crate::support::shop::{Person, Shop, read};

/// A buyer with one SKU at 1000 fen in the cart.
async fn ready(shop: &Shop) -> (Person, String) {
    let (buyer, sku) = (shop.buyer().await, shop.sku(100).await);
    buyer.puts_in_cart(&sku, 1).await;
    (buyer, sku)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_to_one_of_the_buyers_own_addresses() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.sku(10).await;
        buyers[0].puts_in_cart(&sku, 1).await;
        let theirs = buyers[1].get("/api/address/user/list").await.ok()[0]["id"].clone();
        let own = buyers[0].get("/api/address/user/list").await.ok()[0].clone();
        for nobodys in [theirs, json!("1"), json!(1)] {
            let reply = buyers[0].post("/api/order", json!({ "addressId": nobodys })).await;
            assert_eq!(reply.refused(), (404, "not_found"));
        }
        let order = buyers[0].post("/api/order", json!({ "addressId": own["id"] })).await.ok();
        assert_eq!(order["receiverContact"], own["contact"]);
        assert_eq!(order["receiverMobile"], own["phone"]);
        assert_eq!(order["receiverAddress"], own["fullAddress"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_is_given_completely_or_not_at_all() {
    Shop::run(async |shop| {
        let (buyer, _) = ready(shop).await;
        let whole = json!({ "receiverContact": "张三", "receiverMobile": "010-12345678", "receiverAddress": "长安街 1 号" });
        for missing in ["receiverContact", "receiverMobile", "receiverAddress"] {
            let mut part = whole.clone();
            part.as_object_mut().unwrap().remove(missing);
            assert_eq!(buyer.post("/api/order", part).await.refused(), (400, "bad_request"), "{missing}");
        }
        for (field, value) in [
            ("receiverMobile", "abc"),
            ("receiverMobile", ""),
            ("receiverMobile", "1380013800013800138000"),
            ("receiverMobile", "138\u{0}00138000"),
            ("receiverContact", ""),
            ("receiverContact", "a\tb"),
            ("receiverAddress", " "),
        ] {
            let mut wrong = whole.clone();
            wrong[field] = json!(value);
            assert_eq!(buyer.post("/api/order", wrong).await.refused(), (400, "bad_request"), "{field} {value:?}");
        }
        let order = buyer.post("/api/order", whole).await.ok();
        assert_eq!(order["receiverAddress"], "长安街 1 号");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_address_a_receiver_is_required() {
    Shop::run(async |shop| {
        let (buyer, _) = ready(shop).await;
        shop.sql("delete from tb_address").await;
        assert_eq!(buyer.post("/api/order", json!({})).await.refused(), (400, "bad_request"));
        let named = json!({ "receiverContact": "张三", "receiverMobile": "13800138000", "receiverAddress": "长安街" });
        buyer.post("/api/order", named).await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paying_on_delivery_needs_no_code() {
    Shop::run(async |shop| {
        let (buyer, _) = ready(shop).await;
        let order = buyer.post("/api/order", json!({ "payType": "0" })).await.ok();
        assert_eq!((&order["payType"], &order["payBy"]), (&json!("0"), &Value::Null));
        let id = order["id"].as_str().unwrap();
        let code = buyer.post(&format!("/api/weixin/pay/create/native?outtradeno={id}"), Value::Null).await;
        assert_eq!(code.status.as_u16(), 409, "{code:?}");
        shop.pass(std::time::Duration::from_secs(7200)).await;
        assert_eq!(buyer.order(&order).await["orderStatus"], "0", "it does not expire");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn text_fields_of_an_order_have_limits() {
    Shop::run(async |shop| {
        let (buyer, _) = ready(shop).await;
        let (most, more) = ("字".repeat(1000), "字".repeat(1001));
        for wrong in [
            json!({ "buyerMessage": more }),
            json!({ "buyerMessage": "bell \u{7}" }),
            json!({ "payType": "2" }),
            json!({ "payType": 1 }),
            json!({ "sourceType": "9" }),
            json!({ "token": "" }),
            json!({ "token": "t".repeat(201) }),
            json!({ "token": "两 个" }),
        ] {
            assert_eq!(
                buyer.post("/api/order", wrong.clone()).await.refused(),
                (400, "bad_request"),
                "{wrong}"
            );
        }
        let order = buyer.post("/api/order", json!({ "buyerMessage": most, "sourceType": "4" })).await.ok();
        assert_eq!(order["buyerMessage"], most.as_str());
        assert_eq!(order["sourceType"], "4");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_in_the_cart_can_be_named() {
    Shop::run(async |shop| {
        let (buyer, sku) = ready(shop).await;
        let other = shop.sku(10).await;
        for ids in [json!([sku, other]), json!([other])] {
            let reply = buyer.post("/api/order", json!({ "skuIds": ids })).await;
            assert_eq!(reply.refused(), (409, "not_in_cart"));
            assert_eq!(reply.json["data"]["skuIds"], json!([other]));
        }
        let none = buyer.post("/api/order", json!({ "skuIds": [] })).await;
        assert_eq!(none.refused(), (409, "cart_empty"));
        let many: Vec<u32> = (1..=10_000).collect();
        let many = buyer.post("/api/order", json!({ "skuIds": many })).await;
        assert_eq!(many.refused(), (400, "bad_request"));
        let number: i64 = sku.parse().unwrap();
        let twice = buyer.post("/api/order", json!({ "skuIds": [number, sku] })).await;
        assert_eq!(twice.refused(), (400, "bad_request"), "a number is as good as a text");
        let order = buyer.post("/api/order", json!({ "skuIds": [number] })).await.ok();
        assert_eq!(order["totalNum"], 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sku_taken_off_the_shelf_meanwhile_stops_the_order() {
    Shop::run(async |shop| {
        let (operator, (buyer, sku)) = (shop.operator().await, ready(shop).await);
        for status in ["2", "3"] {
            operator.put(&format!("/api/sku/{sku}"), json!({ "status": status })).await.ok();
            let reply = buyer.post("/api/order", json!({})).await;
            assert_eq!(reply.refused(), (409, "off_shelf"));
            assert_eq!(reply.json["data"]["items"][0]["skuId"], sku.as_str());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_worth_more_than_the_columns_hold_is_refused() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(2000).await);
        operator.put(&format!("/api/sku/{sku}"), json!({ "price": 2_147_483_647 })).await.ok();
        buyer.puts_in_cart(&sku, 999).await;
        assert_eq!(buyer.get("/api/cart/list").await.ok()[0]["money"], 2_147_483_647_i64 * 999);
        assert_eq!(buyer.get("/api/order/settlement").await.refused(), (400, "bad_request"));
        assert_eq!(buyer.post("/api/order", json!({})).await.refused(), (400, "bad_request"));
        buyer.puts_in_cart(&sku, 1).await;
        assert_eq!(buyer.orders().await["payMoney"], 2_147_483_647);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_cannot_set_prices_or_states() {
    Shop::run(async |shop| {
        let (buyer, _) = ready(shop).await;
        let before = shop.all_rows().await;
        for field in [
            "totalMoney",
            "postFee",
            "preMoney",
            "payStatus",
            "orderStatus",
            "username",
            "id",
            "items",
            "transactionId",
            "isDelete",
        ] {
            let reply = buyer.post("/api/order", json!({ field: 1 })).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{field}");
            assert!(reply.json["message"].as_str().unwrap().contains(field), "{reply:?}");
        }
        for pay_money in [json!(-1), json!(1.5), json!("2000"), json!(9_223_372_036_854_775_808_u64)] {
            let reply = buyer.post("/api/order", json!({ "payMoney": pay_money })).await;
            let answer = reply.refused();
            assert!([(400, "bad_request"), (409, "price_changed")].contains(&answer), "{pay_money}");
        }
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_order_orders_nothing() {
    Shop::run(async |shop| {
        let (buyer, sku) = ready(shop).await;
        let before = shop.all_rows().await;
        let deep = format!("{{\"skuIds\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
        let twice = format!("{{\"skuIds\":[{sku}],\"skuIds\":[{sku}]}}");
        let json = "application/json";
        for (kind, body, refusal) in [
            (json, "", (400, "bad_request")),
            (json, "{", (400, "bad_request")),
            (json, "null", (400, "bad_request")),
            (json, "[]", (400, "bad_request")),
            (json, "\u{feff}{}", (400, "bad_request")),
            (json, "{} {}", (400, "bad_request")),
            (json, "{'payType':'1'}", (400, "bad_request")),
            (json, "{\"buyerMessage\":\"\\ud800\"}", (400, "bad_request")),
            (json, &deep, (400, "bad_request")),
            (json, &twice, (400, "bad_request")),
            ("text/plain", "{}", (415, "unsupported_media_type")),
            ("application/x-www-form-urlencoded", "payType=1", (415, "unsupported_media_type")),
            ("application/xml", "<a/>", (415, "unsupported_media_type")),
            ("", "{}", (415, "unsupported_media_type")),
        ] {
            let request = buyer.request(Method::POST, "/api/order").header("content-type", kind);
            let reply = read(request.body(body.to_owned())).await;
            assert_eq!(reply.refused(), refusal, "{kind} {body:.60}");
        }
        let huge = read(
            buyer.request(Method::POST, "/api/order").header("content-type", json).body(" ".repeat(65_537)),
        );
        assert_eq!(huge.await.refused(), (413, "too_large"));
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_ten_megabytes_is_read_and_refused() {
    Shop::run(async |shop| {
        let (buyer, _) = ready(shop).await;
        let token = buyer.token.as_str();
        for (path, token, answer) in [
            ("/api/order", token, "413"),
            ("/api/order", "nobody's", "401"),
            ("/api/order/batchSend", token, "403"),
            ("/api/nothing", token, "404"),
            ("/api/weixin/pay/notify/url", "", "413"),
        ] {
            let mut socket = Socket::to(shop.running.address).unwrap();
            socket.send(&format!(
                "POST {path} HTTP/1.1\r\nhost: shop\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
                 content-type: application/json\r\ncontent-length: 10000000\r\n\r\n"
            ));
            // Most clients send the whole body before they read.
            socket.send(&"x".repeat(10_000_000));
            let heard = socket.answer();
            assert!(heard.starts_with(&format!("HTTP/1.1 {answer}")), "{path}: {heard}");
        }
    })
    .await;
}
