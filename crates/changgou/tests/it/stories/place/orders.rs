//! Placing orders.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::shop::{Person, Shop, read};
use crate::support::snapshot::same_json;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_takes_stock_gives_points_and_empties_the_cart() {
    Shop::run(async |shop| {
        let (buyer, skus) = (shop.buyer().await, shop.skus(2, 10).await);
        buyer.puts_in_cart(&skus[0], 2).await;
        let order = buyer.buys(&skus[1], 3).await;

        let id = order["id"].as_str().unwrap();
        assert!(id.starts_with("NO.") && id[3..].bytes().all(|byte| byte.is_ascii_digit()), "{id}");
        assert_eq!(order["totalMoney"], 2 * 1000 + 3 * 1100);
        assert_eq!(order["payMoney"], 5300 + 1000, "postage below 99 yuan");
        same_json("order_placed", &order);
        assert_eq!(buyer.stock_of(&skus[1]).await, (7, 3));
        assert_eq!(buyer.points().await, 10);
        assert_eq!(buyer.get("/api/cart/list").await.ok(), json!([]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_selected_is_bought() {
    Shop::run(async |shop| {
        let (buyer, skus) = (shop.buyer().await, shop.skus(2, 10).await);
        buyer.puts_in_cart(&skus[0], 1).await;
        buyer.puts_in_cart(&skus[1], 1).await;
        buyer.put(&format!("/api/cart/{}/selected?value=false", skus[0]), Value::Null).await.ok();
        let order = buyer.orders().await;
        assert_eq!(order["items"].as_array().unwrap().len(), 1);
        let left = buyer.get("/api/cart/list").await.ok();
        assert_eq!(
            (left[0]["skuId"].as_str(), left[0]["selected"].as_bool()),
            (Some(skus[0].as_str()), Some(false))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_hundred_buyers_and_fifty_pieces_make_fifty_orders() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(400).await;
        let sku = shop.sku(50).await;
        let mut carts = JoinSet::new();
        for buyer in buyers.clone() {
            let sku = sku.clone();
            carts.spawn(async move { buyer.puts_in_cart(&sku, 1).await });
        }
        carts.join_all().await;
        let answers = at_once(buyers, json!({})).await;
        let placed = answers.iter().filter(|(status, _)| *status == 200).count();
        let short = answers.iter().filter(|answer| **answer == (409, "stock_short".to_owned())).count();
        assert_eq!((placed, short), (50, 350));
        assert_eq!(shop.stranger().stock_of(&sku).await, (0, 50));
    })
    .await;
}

/// Everybody orders at the same time; statuses and reasons.
async fn at_once(buyers: Vec<Person>, body: Value) -> Vec<(u16, String)> {
    let (mut orders, start) = (JoinSet::new(), Arc::new(tokio::sync::Barrier::new(buyers.len())));
    for buyer in buyers {
        let (start, body) = (start.clone(), body.clone());
        orders.spawn(async move {
            start.wait().await;
            let reply = buyer.post("/api/order", body).await;
            (reply.status.as_u16(), reply.json["reason"].as_str().unwrap_or_default().to_owned())
        });
    }
    orders.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_equal_requests_with_one_key_make_one_order() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(100).await);
        buyer.puts_in_cart(&sku, 1).await;
        let mut tries = JoinSet::new();
        for _ in 0..10 {
            let buyer = buyer.clone();
            tries.spawn(async move {
                let request = buyer.request(Method::POST, "/api/order").header("Idempotency-Key", "one");
                let reply = read(request.json(&json!({}))).await;
                let replayed = reply.headers.contains_key("idempotent-replayed");
                (reply.ok()["id"].as_str().unwrap().to_owned(), replayed)
            });
        }
        let answers = tries.join_all().await;
        assert!(answers.iter().all(|(id, _)| *id == answers[0].0), "{answers:?}");
        assert_eq!(answers.iter().filter(|(_, replayed)| !replayed).count(), 1);
        assert_eq!(buyer.stock_of(&sku).await, (99, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn short_stock_refuses_the_whole_order_and_names_every_short_sku() {
    Shop::run(async |shop| {
        let (buyer, plenty, few) = (shop.buyer().await, shop.sku(10).await, shop.skus(2, 1).await);
        for sku in [&plenty, &few[0], &few[1]] {
            buyer.puts_in_cart(sku, 2).await;
        }
        let reply = buyer.post("/api/order", json!({})).await;
        assert_eq!(reply.refused(), (409, "stock_short"));
        let named: Vec<&str> = reply.json["data"]["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["skuId"].as_str().unwrap())
            .collect();
        assert_eq!(named, [&few[0], &few[1]]);
        assert_eq!(buyer.stock_of(&plenty).await, (10, 0));
        assert_eq!(buyer.points().await, 0);
        assert_eq!(buyer.get("/api/cart/list").await.ok().as_array().unwrap().len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_changed_is_told_and_nothing_is_bought() {
    Shop::run(async |shop| {
        let (operator, buyer, sku) = (shop.operator().await, shop.buyer().await, shop.sku(10).await);
        buyer.puts_in_cart(&sku, 1).await;
        let seen = buyer.get("/api/order/settlement").await.ok();
        operator.put(&format!("/api/sku/{sku}"), json!({ "price": 20_000 })).await.ok();
        let body = json!({ "token": seen["token"], "payMoney": seen["payMoney"] });
        let reply = buyer.post("/api/order", body.clone()).await;
        assert_eq!(reply.refused(), (409, "price_changed"));
        assert_eq!(reply.json["data"]["payMoney"], 20_000);
        assert_eq!(buyer.stock_of(&sku).await, (10, 0));
        let line = &buyer.get("/api/cart/list").await.ok()[0];
        assert_eq!((line["priceChanged"].as_bool(), line["price"].as_i64()), (Some(true), Some(20_000)));
        let again = buyer.post("/api/order", json!({ "token": seen["token"], "payMoney": 20_000 })).await;
        assert_eq!(again.ok()["payMoney"], 20_000, "a refusal does not use the token up");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_stands_for_one_request_of_one_buyer() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.sku(100).await;
        for buyer in &buyers {
            buyer.puts_in_cart(&sku, 1).await;
        }
        let token = json!({ "token": "same-token" });
        let first = buyers[0].post("/api/order", token.clone()).await.ok();
        let again = buyers[0].post("/api/order", token.clone()).await;
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(again.ok()["id"], first["id"]);
        let other = buyers[0].post("/api/order", json!({ "token": "same-token", "payType": "0" })).await;
        assert_eq!(other.refused(), (422, "key_reused"));
        let theirs = buyers[1].post("/api/order", token).await.ok();
        assert_ne!(theirs["id"], first["id"], "another buyer's key is another key");
    })
    .await;
}
