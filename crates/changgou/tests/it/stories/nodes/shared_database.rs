//! Several nodes on one database show the same shop.

use std::collections::BTreeSet;
use std::time::Duration;

use changgou::domain::clock::{Clock, UtcMs};
use changgou::flow::{Node, NotJoined};
use changgou::infra::settings::NodeRole;
use reqwest::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::shop::{Person, START, Shop, read};

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_sell_every_piece_once() {
    Shop::run(async |shop| {
        let other = shop.node(|_| {}).await;
        let (_, buyers) = shop.people(60).await;
        let sku = shop.sku(40).await;
        let mut tries = JoinSet::new();
        for (nth, buyer) in buyers.into_iter().enumerate() {
            let buyer = if nth % 2 == 0 { buyer } else { buyer.at_node(&other) };
            let sku = sku.clone();
            tries.spawn(async move {
                buyer.puts_in_cart(&sku, 1).await;
                let reply = buyer.post("/api/order", json!({})).await;
                match reply.status {
                    StatusCode::OK => Some(reply.ok()["id"].as_str().unwrap().to_owned()),
                    _ => {
                        assert_eq!(reply.refused(), (409, "stock_short"));
                        None
                    }
                }
            });
        }
        let placed: Vec<String> = tries.join_all().await.into_iter().flatten().collect();
        assert_eq!((placed.len(), placed.iter().collect::<BTreeSet<_>>().len()), (40, 40));
        assert_eq!(shop.stranger().stock_of(&sku).await, (0, 40));
        other.stop().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_at_two_nodes_at_once_is_one_order() {
    Shop::run(async |shop| {
        let other = shop.node(|_| {}).await;
        let (buyer, sku) = (shop.buyer().await, shop.sku(100).await);
        for round in 0..5 {
            buyer.puts_in_cart(&sku, 2).await;
            let ask = |who: Person| async move {
                let key = format!("round-{round}-of-five");
                let sent = who.request(reqwest::Method::POST, "/api/order").header("idempotency-key", key);
                read(sent.json(&json!({}))).await.ok()["id"].clone()
            };
            let (one, two) = tokio::join!(ask(buyer.clone()), ask(buyer.at_node(&other)));
            assert_eq!(one, two);
        }
        assert_eq!(shop.stranger().stock_of(&sku).await, (90, 10));
        other.stop().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_cart_ordered_at_two_nodes_at_once_is_bought_once() {
    Shop::run(async |shop| {
        let other = shop.node(|_| {}).await;
        let (buyer, sku) = (shop.buyer().await, shop.sku(100).await);
        for _ in 0..5 {
            buyer.puts_in_cart(&sku, 1).await;
            let (there, body) = (buyer.at_node(&other), json!({}));
            let (one, two) =
                tokio::join!(buyer.post("/api/order", body.clone()), there.post("/api/order", body.clone()));
            let mut words =
                [one, two].map(|reply| reply.json["reason"].as_str().unwrap_or("placed").to_owned());
            words.sort();
            assert_eq!(words, ["cart_empty", "placed"]);
        }
        assert_eq!(shop.stranger().stock_of(&sku).await, (95, 5));
        other.stop().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_and_logouts_at_one_node_show_at_the_other() {
    Shop::run(async |shop| {
        let other = shop.node(|_| {}).await;
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let there = buyer.at_node(&other);
        let order = there.buys(&sku, 1).await;
        let code = buyer.asks_for_code(&order).await;
        assert_eq!(there.asks_for_code(&order).await["code_url"], code["code_url"]);
        shop.phone_pays(code["code_url"].as_str().unwrap()).await;
        assert_eq!(there.order(&order).await["payStatus"], "1");
        buyer.post("/api/user/logout", json!({})).await.ok();
        // A node trusts a valid token for two seconds without checking it.
        shop.clock.advance(Duration::from_secs(3));
        assert_eq!(there.get("/api/user/me").await.refused(), (401, "login_required"));
        other.stop().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_serves_no_shop() {
    Shop::run(async |shop| {
        let worker = shop.node(|settings| settings.role = NodeRole::Worker).await;
        let stranger = shop.stranger().at_node(&worker);
        for path in ["/readyz", "/healthz", "/metrics"] {
            assert_eq!(stranger.get(path).await.status, StatusCode::OK, "{path}");
        }
        assert_eq!(stranger.get("/api/sku").await.refused(), (404, "not_found"));
        worker.stop().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_drains_says_so_and_still_takes_orders() {
    Shop::run(async |shop| {
        let other = shop.node(|settings| settings.drain = Duration::from_secs(2)).await;
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let there = buyer.at_node(&other);
        let stopping = tokio::spawn(other.stop());
        while there.get("/readyz").await.status == StatusCode::OK {}
        there.buys(&sku, 1).await;
        stopping.await.unwrap().unwrap();
        assert!(reqwest::get(there.url("/readyz")).await.is_err(), "nobody listens there any more");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_have_different_numbers_and_a_late_clock_is_refused() {
    Shop::run(async |shop| {
        let db = &shop.running.app.db;
        let first = Node::join(db, &shop.clock).await.unwrap();
        let second = Node::join(db, &shop.clock).await.unwrap();
        let numbers = BTreeSet::from([shop.running.app.node.number(), first.number(), second.number()]);
        assert_eq!(numbers.len(), 3);
        let lagging = Clock::manual(UtcMs(START.0 - 60_000));
        let refused = Node::join(db, &lagging).await.err().expect("its ids could be made already");
        assert!(matches!(refused, NotJoined::Clock { .. }), "{refused}");
        assert!(refused.to_string().contains("60 s behind another node's"), "{refused}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_released_node_number_waits_until_its_last_moment_is_over() {
    Shop::run(async |shop| {
        let other = shop.node(|_| {}).await;
        let number = other.app.node.number();
        for _ in 0..10_000 {
            other.app.id();
        }
        other.stop().await.unwrap();
        let now = Node::join(&shop.running.app.db, &shop.clock).await.unwrap();
        assert_ne!(now.number(), number, "its ids run ahead of this clock");
        shop.clock.advance(Duration::from_secs(1));
        let later = Node::join(&shop.running.app.db, &shop.clock).await.unwrap();
        assert_eq!(later.number(), number);
    })
    .await;
}
