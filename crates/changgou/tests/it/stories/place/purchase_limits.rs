//! How many of a SKU one buyer may have, and when it may be bought.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::shop::{Person, Reply, Shop};

const HOUR: Duration = Duration::from_secs(3600);
const MOMENT: Duration = Duration::from_millis(1);

/// An hour after the story begins.
const OPENS: &str = "2026-11-23T03:00:00.000Z";

/// Two hours after it begins.
const ENDS: &str = "2026-11-23T04:00:00.000Z";

async fn tries(buyer: &Person, sku: &str, num: i64) -> Reply {
    buyer.puts_in_cart(sku, num).await;
    buyer.post("/api/order", json!({ "skuIds": [sku] })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_counts_over_orders_until_one_closes() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(2).await;
        let (buyer, sku) = (&buyers[0], operator.puts_up(json!({ "buyerLimit": 3 })).await);
        let first = tries(buyer, &sku, 2).await.ok();
        tries(buyer, &sku, 1).await.ok();
        let lines = shop.lines_in_carts().await;
        buyer.puts_in_cart(&sku, 1).await;
        let carted = shop.all_rows().await;
        let reply = buyer.post("/api/order", json!({})).await;
        assert_eq!(reply.refused(), (409, "limit_exceeded"));
        let item = &reply.json["data"]["items"][0];
        assert_eq!((&item["skuId"], &item["buyerLimit"]), (&json!(sku), &json!(3)));
        assert_eq!((&item["bought"], &item["asked"]), (&json!(3), &json!(1)));
        assert_eq!(shop.all_rows().await, carted);
        assert_eq!(shop.lines_in_carts().await, lines + 1);
        tries(&buyers[1], &sku, 3).await.ok();
        assert_eq!(tries(&buyers[1], &sku, 999).await.refused(), (409, "limit_exceeded"));

        buyer.put(&format!("/api/order/{}/cancel", first["id"].as_str().unwrap()), Value::Null).await.ok();
        assert_eq!(tries(buyer, &sku, 3).await.refused(), (409, "limit_exceeded"));
        tries(buyer, &sku, 2).await.ok();
        operator.put(&format!("/api/sku/{sku}"), json!({ "buyerLimit": null })).await.ok();
        tries(buyer, &sku, 50).await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_sale_counts_from_zero() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], operator.puts_up(json!({ "buyerLimit": 1 })).await);
        tries(buyer, &sku, 1).await.ok();
        assert_eq!(tries(buyer, &sku, 1).await.refused(), (409, "limit_exceeded"));
        let path = format!("/api/sku/{sku}");
        operator.put(&path, json!({ "saleFrom": "2026-11-23T01:00:00Z" })).await.ok();
        tries(buyer, &sku, 1).await.ok();
        assert_eq!(tries(buyer, &sku, 1).await.refused(), (409, "limit_exceeded"));
        operator.put(&path, json!({ "saleFrom": null })).await.ok();
        assert_eq!(tries(buyer, &sku, 1).await.refused(), (409, "limit_exceeded"), "the first still counts");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tabs_buy_no_more_than_one_buyer_may_have() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], operator.puts_up(json!({ "buyerLimit": 2 })).await);
        let mut tabs = JoinSet::new();
        for _ in 0..12 {
            let (buyer, sku) = (buyer.clone(), sku.clone());
            tabs.spawn(async move {
                let reply = tries(&buyer, &sku, 1).await;
                (reply.status.as_u16(), reply.json["reason"].as_str().unwrap_or_default().to_owned())
            });
        }
        let answers = tabs.join_all().await;
        let placed = answers.iter().filter(|(status, _)| *status == 200).count();
        assert!((1..=2).contains(&placed), "{answers:?}");
        let expected = ["limit_exceeded", "not_in_cart", ""];
        assert!(answers.iter().all(|(_, reason)| expected.contains(&reason.as_str())), "{answers:?}");
        if placed == 1 {
            tries(buyer, &sku, 1).await.ok();
        }
        assert_eq!(tries(buyer, &sku, 1).await.refused(), (409, "limit_exceeded"));
        assert_eq!(shop.stranger().stock_of(&sku).await, (98, 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_begins_at_its_moment_and_ends_at_its_moment() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let buyer = &buyers[0];
        let sku = operator.puts_up(json!({ "saleFrom": OPENS, "saleTo": ENDS })).await;
        buyer.puts_in_cart(&sku, 1).await;
        let before = shop.all_rows().await;
        for (wait, seconds) in [(Duration::ZERO, "3600"), (HOUR - MOMENT, "1")] {
            shop.clock.advance(wait);
            let reply = buyer.post("/api/order", json!({})).await;
            assert_eq!(reply.refused(), (409, "sale_not_started"));
            assert_eq!(reply.headers["retry-after"], seconds);
            let item = &reply.json["data"]["items"][0];
            assert_eq!((&item["skuId"], &item["saleFrom"]), (&json!(sku), &json!(OPENS)));
            assert_eq!(buyer.get("/api/cart/list").await.ok()[0]["buyable"], false);
        }
        assert_eq!(shop.all_rows().await, before);
        shop.clock.advance(MOMENT);
        assert_eq!(buyer.get("/api/cart/list").await.ok()[0]["buyable"], true);
        buyer.orders().await;
        shop.pass(HOUR - MOMENT).await;
        tries(buyer, &sku, 1).await.ok();
        shop.pass(MOMENT).await;
        let reply = tries(buyer, &sku, 1).await;
        assert_eq!(reply.refused(), (409, "sale_ended"));
        assert!(!reply.headers.contains_key("retry-after"));
        let item = &reply.json["data"]["items"][0];
        assert_eq!((&item["skuId"], &item["saleTo"]), (&json!(sku), &json!(ENDS)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rush_gets_nothing_before_the_sale_and_one_each_when_it_begins() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(300).await;
        let sale = json!({ "num": 50, "buyerLimit": 1, "saleFrom": OPENS });
        let sku = operator.puts_up(sale).await;
        let mut carts = JoinSet::new();
        for buyer in buyers.clone() {
            let sku = sku.clone();
            carts.spawn(async move { buyer.puts_in_cart(&sku, 1).await });
        }
        carts.join_all().await;
        let early = everybody(&buyers).await;
        assert!(early.iter().all(|answer| answer == "sale_not_started"), "{early:?}");
        assert_eq!(shop.stranger().stock_of(&sku).await, (50, 0));

        shop.clock.advance(HOUR);
        let answers = everybody(&buyers).await;
        let count = |word| answers.iter().filter(|answer| *answer == word).count();
        assert_eq!((count("ok"), count("stock_short")), (50, 250));
        assert_eq!(shop.stranger().stock_of(&sku).await, (0, 50));
        let happy = "select count(distinct username), count(*) from tb_order";
        assert_eq!(shop.rows::<(i64, i64)>(happy).await, [(50, 50)]);
    })
    .await;
}

/// All order at the same time; the reasons of the answers.
async fn everybody(buyers: &[Person]) -> Vec<String> {
    let (mut orders, start) = (JoinSet::new(), Arc::new(tokio::sync::Barrier::new(buyers.len())));
    for buyer in buyers {
        let (start, buyer) = (start.clone(), buyer.clone());
        orders.spawn(async move {
            start.wait().await;
            let reply = buyer.post("/api/order", json!({})).await;
            if reply.status == 200 { "ok".to_owned() } else { reply.refused().1.to_owned() }
        });
    }
    orders.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_sale_is_refused() {
    Shop::run(async |shop| {
        let operator = shop.operator().await;
        let sku = operator.puts_up(json!({ "saleFrom": OPENS, "saleTo": ENDS })).await;
        let before = shop.all_rows().await;
        for sale in [
            json!({ "buyerLimit": 0 }),
            json!({ "buyerLimit": -1 }),
            json!({ "buyerLimit": 1000 }),
            json!({ "buyerLimit": 1.5 }),
            json!({ "buyerLimit": "1" }),
            json!({ "saleFrom": "soon" }),
            json!({ "saleFrom": 1_795_399_200_000_i64 }),
            json!({ "saleFrom": ENDS, "saleTo": ENDS }),
            json!({ "saleFrom": ENDS, "saleTo": OPENS }),
        ] {
            let mut whole = json!({ "name": "n", "price": 1, "num": 1 });
            for (name, value) in sale.as_object().unwrap() {
                whole[name] = value.clone();
            }
            assert_eq!(operator.post("/api/sku", whole).await.refused(), (400, "bad_request"), "{sale}");
            let reply = operator.put(&format!("/api/sku/{sku}"), sale.clone()).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{sale}");
        }
        // Unchanged fields are checked together with changed ones.
        let late = operator.put(&format!("/api/sku/{sku}"), json!({ "saleFrom": ENDS })).await;
        assert_eq!(late.refused(), (400, "bad_request"));
        assert_eq!(shop.all_rows().await, before);
        let open =
            operator.put(&format!("/api/sku/{sku}"), json!({ "saleFrom": ENDS, "saleTo": null })).await.ok();
        assert_eq!((&open["saleFrom"], &open["saleTo"]), (&json!(ENDS), &Value::Null));
    })
    .await;
}
