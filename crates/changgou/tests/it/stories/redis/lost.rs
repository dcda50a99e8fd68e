//! Redis emptied, stopped or frozen: no order is lost or placed twice, answers are clear and fast, and the shop
//! recovers by itself.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::redis_server::{Server, with_own_redis};
use crate::support::shop::{Person, Reply, Shop, read};
use crate::support::wait::until;

/// No request takes longer, whatever Redis does; some of it is for a busy machine.
const QUICK: Duration = Duration::from_millis(1800);

async fn orders_with_key(buyer: &Person, key: &str) -> Reply {
    let request = buyer.request(Method::POST, "/api/order").header("Idempotency-Key", key);
    read(request.json(&json!({}))).await
}

async fn is_back(shop: &Shop) {
    let cache = shop.running.app.cache.as_ref().unwrap();
    until("Redis is found again", async || cache.is_up()).await;
}

/// An order that is committed while Redis is down: the line is bought and still in the cart.
async fn buys_while_redis_dies(shop: &Shop, server: &mut Server, buyer: &Person) -> Value {
    let held = shop.locks_the_writer().await;
    let ordering = tokio::spawn({
        let buyer = buyer.clone();
        async move { orders_with_key(&buyer, "k").await.ok() }
    });
    // The batch worker has read the cart when it waits for the writer.
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.kill();
    held.release().await;
    let order = ordering.await.unwrap();
    server.again();
    is_back(shop).await;
    order
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_whose_removal_failed_still_disappears() {
    with_own_redis(async |shop, server| {
        let (buyer, skus) = (shop.buyer().await, shop.skus(2, 10).await);
        buyer.puts_in_cart(&skus[0], 2).await;
        let order = buys_while_redis_dies(shop, server, &buyer).await;
        let cart = shop.key(&format!("Cart_{}", buyer.name));
        assert_eq!(server.says::<Vec<String>>(&["HKEYS", &cart]), [skus[0].as_str()], "it was not removed");
        // A new order finds no line; a repeat finds the same order.
        assert_eq!(orders_with_key(&buyer, "other").await.refused(), (409, "cart_empty"));
        assert_eq!(orders_with_key(&buyer, "k").await.ok()["id"], order["id"]);
        // The worker removes the line later.
        shop.pass(Duration::from_secs(6)).await;
        assert_eq!(server.says::<i64>(&["HLEN", &cart]), 0);
        assert_eq!(buyer.stock_of(&skus[0]).await, (8, 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_the_cart_removes_bought_lines_too() {
    with_own_redis(async |shop, server| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        buyer.puts_in_cart(&sku, 2).await;
        buys_while_redis_dies(shop, server, &buyer).await;
        assert_eq!(buyer.get("/api/cart/list").await.ok(), json!([]));
        let cart = shop.key(&format!("Cart_{}", buyer.name));
        assert_eq!(server.says::<i64>(&["HLEN", &cart]), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_added_again_is_kept_and_starts_from_zero() {
    with_own_redis(async |shop, server| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        buyer.puts_in_cart(&sku, 2).await;
        buys_while_redis_dies(shop, server, &buyer).await;
        // One more piece, added to the bought ones that are still in the cart, counts as one.
        let form = buyer.request(Method::POST, &format!("/item/{sku}"));
        assert_eq!(read(form.form(&[("num", "1"), ("then", "stay")])).await.status, 303);
        shop.pass(Duration::from_secs(6)).await;
        assert_eq!(buyer.get("/api/cart/list").await.ok()[0]["num"], 1);
        buyer.orders().await;
        assert_eq!(buyer.stock_of(&sku).await, (7, 3));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_restored_from_an_old_copy_is_not_bought_again() {
    with_own_redis(async |shop, server| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        buyer.puts_in_cart(&sku, 2).await;
        let cart = shop.key(&format!("Cart_{}", buyer.name));
        let old: String = server.says(&["HGET", &cart, &sku]);
        buyer.orders().await;
        shop.pass(Duration::from_secs(6)).await;
        server.says::<i64>(&["HSET", &cart, &sku, &old]);
        assert_eq!(orders_with_key(&buyer, "k").await.refused(), (409, "cart_empty"));
        assert_eq!(buyer.get("/api/cart/list").await.ok(), json!([]));
        assert_eq!(server.says::<i64>(&["HLEN", &cart]), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_redis_loses_carts_and_nothing_else() {
    with_own_redis(async |shop, server| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = orders_with_key(
            &{
                buyer.puts_in_cart(&sku, 1).await;
                buyer.clone()
            },
            "k",
        )
        .await
        .ok();
        buyer.puts_in_cart(&sku, 3).await;
        server.says::<String>(&["FLUSHALL"]);
        assert_eq!(buyer.get("/api/cart/list").await.ok(), json!([]));
        assert_eq!(orders_with_key(&buyer, "new").await.refused(), (409, "cart_empty"));
        assert_eq!(orders_with_key(&buyer, "k").await.ok()["id"], order["id"]);
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays_silently(code["code_url"].as_str().unwrap()).await;
        server.says::<String>(&["FLUSHALL"]);
        shop.pass(Duration::from_secs(16)).await;
        assert_eq!(buyer.order(&order).await["payStatus"], "1");
        buyer.buys(&sku, 1).await;
    })
    .await;
}

/// What works without Redis, what is refused, and how fast the answers are.
async fn goes_on_without_carts(shop: &Shop, buyer: &Person, order: &Value) {
    let began = Instant::now();
    let reply = buyer.get("/api/cart/list").await;
    assert!(began.elapsed() < QUICK, "{:?}", began.elapsed());
    assert_eq!(reply.refused(), (503, "cart_unavailable"));
    assert!(reply.headers.contains_key("retry-after"), "{reply:?}");
    let sku = order["items"][0]["skuId"].as_str().unwrap();
    for (method, path) in [
        (Method::POST, format!("/api/cart/add?id={sku}&num=1")),
        (Method::POST, format!("/api/cart/add?id={sku}&num=0")),
        (Method::DELETE, format!("/api/cart/{sku}")),
        (Method::PUT, format!("/api/cart/{sku}/selected?value=true")),
        (Method::GET, "/api/order/settlement".to_owned()),
        (Method::GET, format!("/api/order/settlement?skuIds={sku}")),
    ] {
        let began = Instant::now();
        let reply = read(buyer.request(method, &path)).await;
        assert_eq!(reply.refused(), (503, "cart_unavailable"), "{path}");
        assert!(began.elapsed() < QUICK, "{path}: {:?}", began.elapsed());
    }
    assert_eq!(orders_with_key(buyer, "new").await.refused(), (503, "cart_unavailable"));
    assert_eq!(orders_with_key(buyer, "k").await.ok()["id"], order["id"], "a repeat needs no cart");
    for path in ["/", &format!("/item/{sku}"), "/orders", "/addresses", "/healthz"] {
        assert_eq!(buyer.get(path).await.status, 200, "{path}");
    }
    assert_eq!(buyer.get("/cart").await.status, 503);
    buyer.get("/api/order/user/list").await.ok();
    buyer.get("/api/user/me").await.ok();
    let login = |password: &str| json!({ "username": buyer.name, "password": password });
    shop.stranger().post("/api/user/login", login("changgou")).await.ok();
    assert_eq!(shop.stranger().post("/api/user/login", login("guess!")).await.status, 401);
    let ready = shop.http.get(shop.url("/readyz")).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    assert!(ready.text().await.unwrap().contains("degraded: redis"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_all_but_carts_works_and_the_shop_recovers() {
    with_own_redis(async |shop, server| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        buyer.puts_in_cart(&sku, 1).await;
        let order = orders_with_key(&buyer, "k").await.ok();
        server.kill();
        goes_on_without_carts(shop, &buyer, &order).await;
        // Payments made meanwhile are settled.
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays_silently(code["code_url"].as_str().unwrap()).await;
        shop.pass(Duration::from_secs(5)).await;
        assert_eq!(buyer.order(&order).await["payStatus"], "1");
        server.again();
        is_back(shop).await;
        assert_eq!(shop.http.get(shop.url("/readyz")).send().await.unwrap().text().await.unwrap(), "ready\n");
        buyer.buys(&sku, 1).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_redis_delays_nobody() {
    with_own_redis(async |shop, server| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        buyer.puts_in_cart(&sku, 1).await;
        let order = orders_with_key(&buyer, "k").await.ok();
        server.freeze();
        goes_on_without_carts(shop, &buyer, &order).await;
        server.thaw();
        is_back(shop).await;
        buyer.buys(&sku, 1).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_each_node_counts_guesses_itself() {
    with_own_redis(async |shop, server| {
        let buyer = shop.buyer().await;
        let guess = async || {
            let typed = json!({ "username": buyer.name, "password": "guess!" });
            shop.stranger().post("/api/user/login", typed).await.status.as_u16()
        };
        assert_eq!([guess().await, guess().await, guess().await], [401; 3]);
        server.kill();
        assert_eq!([guess().await, guess().await, guess().await], [401, 401, 429]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_has_ended_stays_ended_without_redis() {
    with_own_redis(async |shop, server| {
        let buyer = shop.buyer().await;
        buyer.get("/api/user/me").await.ok();
        server.kill();
        buyer.post("/api/user/logout", json!({})).await.ok();
        assert_eq!(buyer.get("/api/user/me").await.status, 401);
    })
    .await;
}
