//! What nodes share in Redis, and the kinds of address it may have.

use std::time::Duration;

use changgou::flow::account::{self, Credentials};
use changgou::infra::cache::CacheUrl;
use changgou::infra::settings::Settings;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::program::Place;
use crate::support::redis_server::{Server, says, with_own_redis};
use crate::support::shop::{Person, Shop, read, redis_url};
use crate::support::wait::until;

/// Runs a test if there is Redis.
async fn with_redis(story: impl AsyncFnOnce(&Shop, &str)) {
    if let Some(url) = redis_url() {
        Shop::run(async |shop| story(shop, &url).await).await;
    }
}

impl Shop {
    async fn taken(&self) -> Vec<(String, i64)> {
        self.rows("select removed, count(*) from cart_owed group by removed").await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bought_lines_leave_the_cart_and_their_record_is_deleted_later() {
    with_redis(async |shop, url| {
        let (buyer, skus) = (shop.buyer().await, shop.skus(2, 10).await);
        let cart = shop.key(&format!("Cart_{}", buyer.name));
        buyer.puts_in_cart(&skus[0], 2).await;
        buyer.puts_in_cart(&skus[1], 1).await;
        let line: String = says(url, &["HGET", &cart, &skus[0]]);
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&line["num"], &line["selected"]), (&json!(2), &json!(true)));
        assert!(line["price_seen"].is_i64() && line["added_ms"].is_i64() && line["stamp"].is_string());
        buyer.post("/api/order", json!({ "skuIds": [skus[0]] })).await.ok();
        let left: Vec<String> = says(url, &["HKEYS", &cart]);
        assert_eq!(left, [skus[1].as_str()]);
        assert_eq!(shop.rows::<(i64,)>("select count(*) from cart_line").await, [(0,)]);
        assert_eq!(shop.taken().await, [("0".to_owned(), 1)]);
        shop.pass(Duration::from_secs(6)).await;
        assert_eq!(shop.taken().await, [("1".to_owned(), 1)]);
        shop.pass(Duration::from_secs(599)).await;
        assert_eq!(shop.taken().await, [("1".to_owned(), 1)]);
        shop.pass(Duration::from_secs(2)).await;
        assert_eq!(shop.taken().await, []);
        assert_eq!(shop.rows::<(i64,)>("select count(*) from cart_taken").await, [(0,)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_worker_records_removals_with_its_next_batch() {
    with_redis(async |shop, _| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        for _ in 0..4 {
            buyer.buys(&sku, 1).await;
        }
        // The clock stands still and no worker ran; there are two batch workers at most.
        let [(_, owed), (_, removed)] = &shop.taken().await[..] else { panic!("both kinds of rows") };
        assert!(*removed >= 2 && owed + removed == 4, "{owed} owed, {removed} removed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_sell_a_line_once() {
    with_redis(async |shop, _| {
        let node = shop.node(|_| {}).await;
        let (_, buyers) = shop.people(20).await;
        let sku = shop.sku(1000).await;
        for buyer in &buyers {
            buyer.puts_in_cart(&sku, 1).await;
        }
        let mut orders = JoinSet::new();
        for buyer in &buyers {
            for at in [buyer.clone(), buyer.at_node(&node)] {
                orders.spawn(async move {
                    let reply = at.post("/api/order", json!({})).await;
                    (reply.status.as_u16(), reply.json["reason"].as_str().unwrap_or("ok").to_owned())
                });
            }
        }
        let mut answers = orders.join_all().await;
        answers.sort();
        let of = |status: u16, word: &str| vec![(status, word.to_owned()); 20];
        assert_eq!(answers, [of(200, "ok"), of(409, "cart_empty")].concat());
        assert_eq!(buyers[0].stock_of(&sku).await, (980, 20));
        assert_eq!(shop.lines_in_carts().await, 0);
        node.stop().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_changes_of_one_line_all_count() {
    with_redis(async |shop, _| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(100).await);
        let mut added = JoinSet::new();
        for _ in 0..5 {
            let form = buyer.request(Method::POST, &format!("/item/{sku}"));
            let form = form.form(&[("num", "2"), ("then", "stay")]);
            added.spawn(async move { read(form).await.status.as_u16() });
        }
        assert_eq!(added.join_all().await, [303; 5]);
        assert_eq!(buyer.get("/api/cart/list").await.ok()[0]["num"], 10);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_is_known_on_every_node_at_once() {
    with_redis(async |shop, _| {
        let node = shop.node(|_| {}).await;
        let here = shop.buyer().await;
        let there = here.at_node(&node);
        there.get("/api/user/me").await.ok();
        // The clock stands still: the other node's cache never expires.
        here.post("/api/user/logout", json!({})).await.ok();
        until("the other node knows", async || there.get("/api/user/me").await.status == 401).await;
        node.stop().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refreshed_token_is_over_on_every_node_at_once() {
    with_redis(async |shop, _| {
        let node = shop.node(|_| {}).await;
        let login = json!({ "username": shop.buyer().await.name, "password": "changgou" });
        let tokens = shop.stranger().post("/api/user/login", login).await.ok();
        let there = shop.stranger().at_node(&node).with_token(tokens["accessToken"].as_str().unwrap());
        there.get("/api/user/me").await.ok();
        let refresh = json!({ "refreshToken": tokens["refreshToken"] });
        shop.stranger().post("/api/user/refresh", refresh).await.ok();
        until("the other node knows", async || there.get("/api/user/me").await.status == 401).await;
        node.stop().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_all_logins_on_every_node_at_once() {
    with_redis(async |shop, _| {
        let node = shop.node(|_| {}).await;
        let buyer = shop.buyer().await;
        let there = buyer.at_node(&node);
        there.get("/api/user/me").await.ok();
        let given = Credentials::new(&buyer.name, "another one");
        account::set_password(&shop.running.app, given).await.unwrap();
        until("the other node knows", async || there.get("/api/user/me").await.status == 401).await;
        node.stop().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_and_its_revocation_are_shared_by_all_nodes() {
    with_redis(async |shop, url| {
        let buyer = shop.buyer().await;
        buyer.get("/api/user/me").await.ok();
        let noted: Vec<String> = says(url, &["KEYS", &shop.key("Session_*")]);
        assert_eq!(noted.len(), 1);
        assert!(!noted[0].contains(&buyer.token), "a token is not written down");
        let left_s: i64 = says(url, &["TTL", &noted[0]]);
        assert!((1..=30).contains(&left_s), "{left_s}");
        buyer.post("/api/user/logout", json!({})).await.ok();
        let noted: String = says(url, &["GET", &noted[0]]);
        assert_eq!(noted, "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_counted_on_all_nodes_together() {
    with_redis(async |shop, _| {
        let node = shop.node(|_| {}).await;
        let name = shop.buyer().await.name;
        let guess = async |at: &Person| {
            at.post("/api/user/login", json!({ "username": name, "password": "guess!" }))
                .await
                .status
                .as_u16()
        };
        let (here, there) = (shop.stranger(), shop.stranger().at_node(&node));
        let mut answers = Vec::new();
        for _ in 0..3 {
            answers.extend([guess(&here).await, guess(&there).await]);
        }
        assert_eq!(answers, [401, 401, 401, 401, 401, 429]);
        assert_eq!(guess(&here).await, 429);
        node.stop().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_to_ask_is_in_the_pay_log_and_found_without_it() {
    with_redis(async |shop, url| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        for is_lost in [false, true] {
            let order = buyer.buys(&sku, 1).await;
            let code = buyer.asks_for_code(&order).await;
            shop.phone_pays_silently(code["code_url"].as_str().unwrap()).await;
            let at: f64 = says(url, &["ZSCORE", &shop.key("PayLog"), code["out_trade_no"].as_str().unwrap()]);
            assert_eq!(at as i64, shop.clock.now().0 + 5000);
            if is_lost {
                says::<i64>(url, &["DEL", &shop.key("PayLog")]);
            }
            shop.clock.advance(Duration::from_secs(5));
            shop.work().await;
            assert_eq!(buyer.order(&order).await["payStatus"] == "1", !is_lost);
            shop.clock.advance(Duration::from_secs(10));
            shop.work().await;
            assert_eq!(buyer.order(&order).await["payStatus"], "1");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unusable_redis_is_reported_at_the_start() {
    if redis_url().is_none() {
        return;
    }
    let (open, closed) = (Server::start(&[]), Server::start(&["--requirepass", "right"]));
    let replica = Server::start(&["--replicaof", "127.0.0.1", &open.port.to_string()]);
    let gone = {
        let mut server = Server::start(&[]);
        server.kill();
        server.port
    };
    for (url, words) in [
        ("localhost".to_owned(), "redis+cluster://"),
        (format!("redis://:hunter2@127.0.0.1:{}", closed.port), "does not accept the password"),
        (format!("redis://127.0.0.1:{}", closed.port), "asks for a password"),
        (format!("redis://127.0.0.1:{}", replica.port), "is a replica"),
        (format!("redis+cluster://127.0.0.1:{}", open.port), "is no cluster"),
        (format!("redis+sentinel://127.0.0.1:{}/shop", open.port), "cannot be used"),
        (format!("redis://127.0.0.1:{gone}"), "is it running there"),
    ] {
        let place = Place::new();
        let words_said = place.complains(&["serve", "--listen", "127.0.0.1:0", "--redis-url", &url]);
        assert!(words_said.contains(words) && words_said.contains("edis"), "{url}: {words_said}");
        assert!(!words_said.contains("hunter2"), "{words_said}");
        assert!(!place.folder.join("data").exists(), "nothing is begun");
    }
    let place = Place::new();
    let shown = place.says(&["config", "--redis-url", "redis://shop:hunter2@127.0.0.1/1"]);
    assert!(shown.contains("redis://(hidden)@127.0.0.1/1") && !shown.contains("hunter2"), "{shown}");
}

/// A whole purchase over a Redis at this address.
async fn buys_over(url: &str) {
    let address = CacheUrl::parse(url).unwrap();
    let change = move |settings: &mut Settings| settings.cache = Some(address);
    Shop::run_with(change, async |shop| {
        let (_, buyers) = shop.people(3).await;
        let skus = shop.skus(3, 10).await;
        let mut orders = JoinSet::new();
        for buyer in buyers.clone() {
            let skus = skus.clone();
            orders.spawn(async move {
                for sku in &skus {
                    buyer.puts_in_cart(sku, 1).await;
                }
                buyer.orders().await
            });
        }
        orders.join_all().await;
        assert_eq!(shop.lines_in_carts().await, 0);
        assert_eq!(buyers[0].stock_of(&skus[0]).await, (7, 3));
        let code = buyers[0].asks_for_code(&buyers[0].buys(&skus[0], 1).await).await;
        shop.phone_pays_silently(code["code_url"].as_str().unwrap()).await;
        shop.pass(Duration::from_secs(5)).await;
        buyers[0].post("/api/user/logout", json!({})).await.ok();
        assert_eq!(shop.running.app.cache.as_ref().unwrap().problem(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_serves() {
    if redis_url().is_none() {
        return;
    }
    let nodes: Vec<Server> = (0..3).map(|_| Server::start(&["--cluster-enabled", "yes"])).collect();
    let port = |nth: usize| nodes[nth].port.to_string();
    for (node, (from, to)) in nodes.iter().zip([("0", "5460"), ("5461", "10922"), ("10923", "16383")]) {
        node.says::<String>(&["CLUSTER", "ADDSLOTSRANGE", from, to]);
        node.says::<String>(&["CLUSTER", "MEET", "127.0.0.1", &port(0)]);
    }
    for node in &nodes {
        until("the cluster stands", async || {
            let info: String = node.says(&["CLUSTER", "INFO"]);
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
        })
        .await;
    }
    buys_over(&format!("redis+cluster://127.0.0.1:{},127.0.0.1:{}", port(0), port(1))).await;
    let keys: Vec<i64> = nodes.iter().map(|node| node.says(&["DBSIZE"])).collect();
    assert!(keys.iter().sum::<i64>() > 0, "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentinel_names_the_master() {
    if redis_url().is_none() {
        return;
    }
    let server = Server::start(&["--requirepass", "right"]);
    let file = crate::support::shop::fresh_folder().join("sentinel.conf");
    let watched =
        format!("sentinel monitor shop 127.0.0.1 {} 1\nsentinel auth-pass shop right\n", server.port);
    std::fs::write(&file, watched).unwrap();
    let sentinel = sentinel(&file);
    buys_over(&format!("redis+sentinel://:right@127.0.0.1:{}/shop", sentinel.port)).await;
}

/// A Sentinel; its file must stand before all options.
fn sentinel(file: &std::path::Path) -> Server {
    Server::start_with(file, &["--sentinel"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_serves() {
    if redis_url().is_none() {
        return;
    }
    let socket = crate::support::shop::fresh_folder().join("redis.sock");
    let _server = Server::start(&["--unixsocket", socket.to_str().unwrap()]);
    buys_over(&format!("unix://{}", socket.display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_of_its_own_redis_buys_too() {
    with_own_redis(async |shop, server| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        buyer.buys(&sku, 1).await;
        let carts: Vec<String> = server.says(&["KEYS", "*Cart_*"]);
        assert!(carts.is_empty(), "{carts:?}");
    })
    .await;
}
