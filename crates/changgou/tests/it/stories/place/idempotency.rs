//! Idempotency: a request that is sent twice is carried out once.

use std::time::Duration;

use changgou::flow::due_work;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::shop::{Person, Reply, Shop, read};
use crate::support::wechat::text;

const WEEK: Duration = Duration::from_secs(7 * 86_400);
const MOMENT: Duration = Duration::from_millis(1);

async fn order(buyer: &Person, key: &str, body: Value) -> Reply {
    read(buyer.request(Method::POST, "/api/order").header("Idempotency-Key", key).json(&body)).await
}

fn is_replayed(reply: &Reply) -> bool {
    reply.headers.get("idempotent-replayed").is_some_and(|value| value == "true")
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_with_one_settlement_make_one_order() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(10).await;
        let sku = shop.sku(100).await;
        let mut tabs = JoinSet::new();
        for buyer in buyers {
            buyer.puts_in_cart(&sku, 1).await;
            let seen = buyer.get("/api/order/settlement").await.ok();
            let body = json!({ "token": seen["token"], "payMoney": seen["payMoney"] });
            let mut other = body.clone();
            other["buyerMessage"] = json!("又改了一下");
            tabs.spawn(async move {
                let (one, two, three) = tokio::join!(
                    buyer.post("/api/order", body.clone()),
                    buyer.post("/api/order", body),
                    buyer.post("/api/order", other),
                );
                let orders = buyer.get("/api/order/user/list").await.ok();
                (one, two, three, orders)
            });
        }
        for (one, two, three, orders) in tabs.join_all().await {
            assert_eq!(orders["total"], 1);
            let id = &orders["list"][0]["id"];
            if three.status == 200 {
                // The tab with more fields was first: the others sent another request.
                assert_eq!(&three.ok()["id"], id);
                assert_eq!((one.refused(), two.refused()), ((422, "key_reused"), (422, "key_reused")));
            } else {
                assert_eq!(three.refused(), (422, "key_reused"));
                assert_ne!(is_replayed(&one), is_replayed(&two), "one of them placed it");
                assert_eq!((&one.ok()["id"], &two.ok()["id"]), (id, id));
            }
        }
        assert_eq!(shop.stranger().stock_of(&sku).await, (90, 10));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_34_a_double_click_without_a_key_buys_the_cart_once() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(100).await);
        buyer.puts_in_cart(&sku, 1).await;
        let (one, two) =
            tokio::join!(buyer.post("/api/order", json!({})), buyer.post("/api/order", json!({})));
        let (placed, other) = if one.status == 200 { (one, two) } else { (two, one) };
        placed.ok();
        assert_eq!(other.refused(), (409, "cart_empty"));
        assert_eq!(buyer.stock_of(&sku).await, (99, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_and_a_token_name_the_same_order() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(100).await);
        buyer.puts_in_cart(&sku, 1).await;
        let body = json!({ "token": "t" });
        let first = order(&buyer, "k", body.clone()).await;
        assert!(!is_replayed(&first));
        let first = text(&first.ok()["id"]);
        buyer.puts_in_cart(&sku, 1).await;
        let by_token = buyer.post("/api/order", body.clone()).await;
        let by_key = order(&buyer, "k", body.clone()).await;
        for again in [by_token, by_key] {
            assert!(is_replayed(&again));
            assert_eq!(again.ok()["id"], first.as_str());
        }
        // The same text as a header and as a token is two different keys.
        let other = order(&buyer, "t", json!({})).await;
        assert!(!is_replayed(&other));
        assert_ne!(other.ok()["id"], first.as_str());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_shows_the_order_as_it_is_now() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(100).await);
        buyer.puts_in_cart(&sku, 1).await;
        let first = order(&buyer, "k", json!({})).await.ok();
        buyer.cancels(&first).await.ok();
        let again = order(&buyer, "k", json!({})).await;
        assert!(is_replayed(&again));
        let again = again.ok();
        assert_eq!((&again["id"], &again["orderStatus"]), (&first["id"], &json!("3")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_week_a_key_is_forgotten() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.sku(100).await;
        let body = json!({ "payType": "0" });
        let mut first = Vec::new();
        for buyer in &buyers {
            buyer.puts_in_cart(&sku, 1).await;
            first.push(order(buyer, "k", body.clone()).await.ok()["id"].clone());
            buyer.puts_in_cart(&sku, 1).await;
        }
        shop.pass(WEEK - MOMENT).await;
        due_work::sweep(&shop.running.app).await.unwrap();
        for (buyer, first) in buyers.iter().zip(&first) {
            let again = order(buyer, "k", body.clone()).await;
            assert!(is_replayed(&again));
            assert_eq!(&again.ok()["id"], first);
        }
        shop.pass(MOMENT).await;
        // The worker has removed one key; the other has only expired.
        let fresh = order(&buyers[0], "k", body.clone()).await;
        assert!(!is_replayed(&fresh));
        assert_ne!(&fresh.ok()["id"], &first[0]);
        shop.pass(MOMENT).await;
        due_work::sweep(&shop.running.app).await.unwrap();
        let left = shop.rows::<(String,)>("select username from idempotency_key").await;
        assert_eq!(left, [(buyers[0].name.clone(),)]);
        let fresh = order(&buyers[1], "k", body.clone()).await;
        assert_ne!(&fresh.ok()["id"], &first[1]);
    })
    .await;
}
