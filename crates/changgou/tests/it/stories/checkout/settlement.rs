//! The settlement page.

use serde_json::json;

use crate::support::shop::Shop;
use crate::support::snapshot::same_json;

#[tokio::test(flavor = "multi_thread")]
async fn the_settlement_shows_everything_a_buyer_checks() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, skus) = (&buyers[0], shop.skus(3, 10).await);
        for sku in &skus {
            buyer.puts_in_cart(sku, 2).await;
        }
        operator.put(&format!("/api/sku/{}", skus[2]), json!({ "status": "2" })).await.ok();
        let seen = buyer.get("/api/order/settlement").await.ok();
        assert_eq!(seen["totalMoney"], 2 * 1000 + 2 * 1100, "a SKU that is off the shelf costs nothing");
        assert_eq!(seen["payMoney"], 4200 + 1000, "postage below 99 yuan");
        same_json("settlement", &seen);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postage_ends_at_ninety_nine_yuan() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(10).await);
        buyer.puts_in_cart(&sku, 1).await;
        for (price, postage) in [(9899, 1000), (9900, 0), (0, 1000)] {
            operator.put(&format!("/api/sku/{sku}"), json!({ "price": price })).await.ok();
            let seen = buyer.get("/api/order/settlement").await.ok();
            assert_eq!((&seen["postFee"], &seen["payMoney"]), (&json!(postage), &json!(price + postage)));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settlement_has_the_named_lines_or_the_selected_ones() {
    Shop::run(async |shop| {
        let (buyer, skus) = (shop.buyer().await, shop.skus(3, 10).await);
        for sku in &skus {
            buyer.puts_in_cart(sku, 1).await;
        }
        let off = format!("/api/cart/{}/selected?value=false", skus[0]);
        buyer.put(&off, json!(null)).await.ok();
        let asked = |query: String| {
            let buyer = buyer.clone();
            async move { buyer.get(&format!("/api/order/settlement{query}")).await.ok()["totalMoney"].clone() }
        };
        assert_eq!(asked(String::new()).await, 1100 + 1200);
        assert_eq!(asked(format!("?skuIds={}", skus[0])).await, 1000);
        assert_eq!(asked(format!("?skuIds={},{}", skus[0], skus[2])).await, 1000 + 1200);
        assert_eq!(asked(format!("?skuIds={0},{0}", skus[1])).await, 1100, "twice is once");
        assert_eq!(asked("?skuIds=1".to_owned()).await, 0);
        let wrong = buyer.get("/api/order/settlement?skuIds=1,x").await;
        assert_eq!(wrong.refused(), (400, "bad_request"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_settlement_has_its_own_token_and_changes_nothing() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        buyer.puts_in_cart(&sku, 1).await;
        let before = shop.all_rows().await;
        let first = buyer.get("/api/order/settlement").await.ok();
        let second = buyer.get("/api/order/settlement").await.ok();
        assert_ne!(first["token"], second["token"]);
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_cart_costs_nothing_and_orders_nothing() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let seen = buyer.get("/api/order/settlement").await.ok();
        assert_eq!((&seen["payMoney"], &seen["items"]), (&json!(0), &json!([])));
        let reply = buyer.post("/api/order", json!({})).await;
        assert_eq!(reply.refused(), (409, "cart_empty"));
    })
    .await;
}
