//! Refunds of a whole order and of a part: paid back once, together with stock, points and coupon.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::orders::{refunded_at_wechat, ships};
use crate::support::shop::{Person, Shop, read};
use crate::support::snapshot::same_json;
use crate::support::wechat::text;

const MINUTE: Duration = Duration::from_secs(60);

async fn status_codes(buyer: &Person, order: &Value) -> [String; 3] {
    let order = buyer.order(order).await;
    ["orderStatus", "payStatus", "consignStatus"].map(|name| text(&order[name]))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unshipped_order_is_refunded_at_once_with_everything() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 3).await;
        buyer.pays(shop, &order).await;
        assert_eq!(buyer.points().await, 10);
        let given = buyer.asks_for_refund(&order).await.ok();
        assert_eq!(given["refundFee"], order["payMoney"], "all of it, with the postage");
        same_json("refund_opened", &given);
        assert_eq!(status_codes(&buyer, &order).await, ["2", "1", "0"]);
        assert_eq!(buyer.stock_of(&sku).await, (10, 0));
        assert_eq!(buyer.points().await, 0);
        let again = buyer.asks_for_refund(&order).await.ok();
        assert_eq!(again["outRefundNo"], given["outRefundNo"], "asking twice is one refund");
        shop.work().await;
        shop.pass(MINUTE).await;
        assert_eq!(refunded_at_wechat(shop, &order).await, order["payMoney"].as_i64().unwrap());
        same_json("order_refunded", &buyer.order(&order).await);
        let ship = json!([{ "id": order["id"], "shippingName": "顺丰", "shippingCode": "SF1" }]);
        assert_eq!(shop.operator().await.post("/api/order/batchSend", ship).await.status, 409);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_decides_on_the_refund_of_a_shipped_order() {
    Shop::run(async |shop| {
        let (buyer, operator, sku) = (shop.buyer().await, shop.operator().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 2).await;
        buyer.pays(shop, &order).await;
        ships(&operator, &order).await;
        assert_eq!(buyer.asks_for_refund(&order).await.status, 202);
        assert_eq!(buyer.asks_for_refund(&order).await.status, 202);
        let waiting = operator.get("/api/admin/refund/requests").await.ok();
        assert_eq!(waiting.as_array().unwrap().len(), 1, "asking twice is one request");
        assert_eq!(waiting[0]["orderId"], order["id"]);
        same_json("refund_requests", &waiting);
        let deny = format!("/api/admin/order/{}/refund/deny", order["id"].as_str().unwrap());
        operator.post(&deny, json!({ "reason": "已超过七天" })).await.ok();
        assert_eq!(operator.post(&deny, json!({ "reason": "again" })).await.status, 404);
        assert_eq!(buyer.asks_for_refund(&order).await.status, 202);
        let given = operator.gives_refund(&order, json!({ "restock": false })).await.ok();
        let goods = order["totalMoney"].as_i64().unwrap();
        assert_eq!(given["refundFee"], goods, "the parcel was carried: its postage stays");
        assert_eq!(status_codes(&buyer, &order).await, ["2", "1", "2"]);
        assert_eq!(buyer.stock_of(&sku).await, (8, 2), "broken goods are not sold again");
        assert_eq!(operator.get("/api/admin/refund/requests").await.ok(), json!([]));
        shop.work().await;
        shop.pass(MINUTE).await;
        assert_eq!(refunded_at_wechat(shop, &order).await, goods);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_36_parts_never_exceed_what_was_paid() {
    Shop::run(async |shop| {
        let (buyer, operator, sku) = (shop.buyer().await, shop.operator().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 3).await;
        buyer.pays(shop, &order).await;
        let one = json!({ "items": [{ "skuId": sku, "num": 1 }] });
        let first = operator.gives_refund(&order, one.clone()).await.ok();
        let price = order["totalMoney"].as_i64().unwrap() / 3;
        assert_eq!(first["refundFee"], price);
        assert_eq!(status_codes(&buyer, &order).await, ["0", "1", "0"], "the rest still ships");
        assert_eq!(buyer.order(&order).await["items"][0]["isReturn"], "0");
        let paid = order["payMoney"].as_i64().unwrap();
        let too_much = operator.gives_refund(&order, json!({ "amount": paid })).await;
        assert_eq!(too_much.refused(), (400, "bad_request"));
        let both = tokio::join!(
            operator.gives_refund(&order, json!({ "amount": paid - price })),
            operator.gives_refund(&order, json!({ "amount": paid - price }))
        );
        let mut statuses = [both.0.status, both.1.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400]);
        assert_eq!(operator.gives_refund(&order, json!({ "amount": 1 })).await.status, 400);
        shop.work().await;
        shop.pass(MINUTE).await;
        assert_eq!(refunded_at_wechat(shop, &order).await, paid);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_that_are_not_there_and_orders_that_are_not_paid_are_refused() {
    Shop::run(async |shop| {
        let (buyer, operator, sku) = (shop.buyer().await, shop.operator().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 1).await;
        assert_eq!(operator.gives_refund(&order, json!({})).await.refused(), (409, "wrong_state"));
        assert_eq!(buyer.asks_for_refund(&order).await.refused(), (409, "wrong_state"));
        buyer.pays(shop, &order).await;
        for wrong in [
            json!({ "items": [{ "skuId": sku, "num": 2 }] }),
            json!({ "items": [{ "skuId": sku, "num": 0 }] }),
            json!({ "items": [{ "skuId": sku, "num": -1 }] }),
            json!({ "items": [{ "skuId": "1", "num": 1 }] }),
            json!({ "items": [] }),
            json!({ "amount": 0 }),
            json!({ "amount": -5 }),
            json!({ "amount": 1, "items": [{ "skuId": sku, "num": 1 }] }),
            json!({ "reason": "" }),
            json!({ "amount": i64::MAX }),
        ] {
            assert_eq!(operator.gives_refund(&order, wrong.clone()).await.status, 400, "{wrong}");
        }
        let stranger = shop.buyer().await;
        assert_eq!(stranger.asks_for_refund(&order).await.refused(), (404, "not_found"));
        assert_eq!(stranger.gives_refund(&order, json!({})).await.refused(), (403, "forbidden"));
        assert!(buyer.is_paid(&order).await);
        assert_eq!(buyer.stock_of(&sku).await, (9, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_with_its_key_is_one_refund() {
    Shop::run(async |shop| {
        let (buyer, operator, sku) = (shop.buyer().await, shop.operator().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 2).await;
        buyer.pays(shop, &order).await;
        let path = format!("/api/admin/order/{}/refund", order["id"].as_str().unwrap());
        let body = json!({ "amount": 100, "reason": "补差价" });
        let mut numbers = Vec::new();
        for _ in 0..3 {
            let given =
                read(operator.request(Method::POST, &path).header("idempotency-key", "a1").json(&body))
                    .await
                    .ok();
            numbers.push(text(&given["outRefundNo"]));
        }
        numbers.dedup();
        assert_eq!(numbers.len(), 1);
        shop.work().await;
        shop.pass(MINUTE).await;
        assert_eq!(refunded_at_wechat(shop, &order).await, 100);
        assert!(buyer.is_paid(&order).await, "money without goods moves no order");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coupon_and_points_come_back_with_the_whole_order() {
    Shop::run(async |shop| {
        let (buyer, operator, sku) = (shop.buyer().await, shop.operator().await, shop.sku(10).await);
        let earlier = buyer.buys(&sku, 1).await;
        buyer.pays(shop, &earlier).await;
        let template = operator.makes_coupons(json!({})).await;
        let coupon = operator.grants(&template, &buyer).await;
        buyer.puts_in_cart(&sku, 3).await;
        let order = buyer.post("/api/order", json!({ "couponId": coupon, "points": 10 })).await.ok();
        buyer.pays(shop, &order).await;
        assert_eq!(buyer.points().await, 10, "10 spent, 10 earned");
        buyer.asks_for_refund(&order).await.ok();
        assert_eq!(buyer.points().await, 10, "10 back, 10 gone");
        buyer.puts_in_cart(&sku, 3).await;
        buyer.post("/api/order", json!({ "couponId": coupon, "points": 10 })).await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn buying_and_returning_earns_no_coupon() {
    Shop::run(async |shop| {
        let (buyer, operator, sku) = (shop.buyer().await, shop.operator().await, shop.sku(10).await);
        operator.makes_coupons(json!({ "grantOnPaid": true })).await;
        let usable = async || {
            let list = buyer.get("/api/coupon/user/list?status=usable").await.ok();
            list.as_array().unwrap().len()
        };
        let order = buyer.buys(&sku, 2).await;
        buyer.pays(shop, &order).await;
        assert_eq!(usable().await, 1);
        operator.gives_refund(&order, json!({ "items": [{ "skuId": sku, "num": 1 }] })).await.ok();
        assert_eq!(usable().await, 1, "a part stays bought");
        buyer.asks_for_refund(&order).await.ok();
        assert_eq!(usable().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyers_text_does_not_stop_the_refund() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        for reason in
            ["a&b=c", "🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁", "<![CDATA[x]]>", "']; drop"]
        {
            let order = buyer.buys(&sku, 1).await;
            buyer.pays(shop, &order).await;
            let path = format!("/api/order/{}/refund", order["id"].as_str().unwrap());
            buyer.post(&path, json!({ "reason": reason })).await.ok();
            shop.work().await;
            shop.pass(MINUTE).await;
            assert_eq!(
                refunded_at_wechat(shop, &order).await,
                order["payMoney"].as_i64().unwrap(),
                "{reason}"
            );
        }
    })
    .await;
}
