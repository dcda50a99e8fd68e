//! Clients that keep the shop waiting lose their connection, and keep nobody out.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::time::sleep;

use crate::support::raw_http::{RawClient, conversation};
use crate::support::shop::{Shop, read};
use crate::support::wait::until;

/// The head of a request whose body has fifty bytes, and the first six.
const BEGUN: &str = "POST /api/user/login HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n\
                     content-length: 50\r\n\r\n{\"user";

const SOON: Duration = Duration::from_millis(400);

async fn begins(address: SocketAddr, count: usize) -> Vec<RawClient> {
    let mut clients = Vec::new();
    for _ in 0..count {
        clients.push(RawClient::after(address, BEGUN).await);
    }
    clients
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_bodies_of_one_address_keep_no_buyer_out() {
    let few = |settings: &mut changgou::infra::settings::Settings| {
        (settings.http.connections, settings.http.connections_per_address) = (1000, 100);
    };
    Shop::run_with(few, async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let flood = begins(shop.running.address, 300).await;
        let order = buyer.buys(&sku, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays(code["code_url"].as_str().unwrap()).await;
        assert_eq!(buyer.order(&order).await["payStatus"], "1");
        for path in ["/healthz", "/readyz"] {
            assert_eq!(shop.stranger().get(path).await.status.as_u16(), 200, "{path}");
        }
        until("an address has no more connections than it may have", async || {
            flood.iter().filter(|client| client.is_held()).count() <= 100
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_shop_closes_those_who_keep_it_waiting() {
    let full = |settings: &mut changgou::infra::settings::Settings| settings.http.connections = 100;
    Shop::run_with(full, async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let flood = begins(shop.running.address, 300).await;
        buyer.buys(&sku, 1).await;
        until("the others are closed", async || {
            flood.iter().filter(|client| client.is_held()).count() <= 100
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_late_is_answered_in_the_callers_language() {
    let quick = |settings: &mut changgou::infra::settings::Settings| settings.http.body = SOON;
    Shop::run_with(quick, async |shop| {
        let before = shop.all_rows().await;
        for (path, lang, words) in [
            ("/api/user/login", "zh", "请求体没有按时到达"),
            ("/api/user/login", "en", "The body did not arrive in time"),
            ("/api/weixin/pay/notify/url", "en", "The body did not arrive in time"),
            ("/login", "zh", "请求体没有按时到达"),
        ] {
            let begun = format!("accept-language: {lang}\r\ncontent-length");
            let begun = BEGUN.replace("/api/user/login", path).replace("content-length", &begun);
            let mut client = RawClient::after(shop.running.address, &begun).await;
            // A client that sends a byte now and then is late too.
            for _ in 0..6 {
                sleep(SOON / 4).await;
                client.send(" ").await;
            }
            let heard = client.hears_to_the_end().await;
            assert!(heard.starts_with("HTTP/1.1 408 "), "{path}: {heard}");
            assert!(heard.contains(words) && heard.contains("connection: close"), "{path}: {heard}");
        }
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_in_a_body_is_bounded() {
    let quick = |settings: &mut changgou::infra::settings::Settings| settings.http.body_pause = SOON;
    Shop::run_with(quick, async |shop| {
        let heard = conversation(shop.running.address, BEGUN).await;
        assert!(heard.starts_with("HTTP/1.1 408 "), "{heard}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_end_is_not_waited_for() {
    let quick = |settings: &mut changgou::infra::settings::Settings| settings.http.head = SOON;
    Shop::run_with(quick, async |shop| {
        for begun in ["", "GET / HTTP/1.1\r\nhost: shop\r\nx: "] {
            let heard = conversation(shop.running.address, begun).await;
            assert!(!heard.contains("HTTP/1.1 200"), "{heard}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_head_is_refused() {
    Shop::run(async |shop| {
        let many = (0..200).map(|nth| format!("x-{nth}: 1\r\n")).collect::<String>();
        for header in [format!("x: {}\r\n", "x".repeat(20_000)), many] {
            let head = format!("GET /healthz HTTP/1.1\r\nhost: shop\r\n{header}\r\n");
            let heard = conversation(shop.running.address, &head).await;
            assert!(heard.starts_with("HTTP/1.1 431 "), "{heard}");
        }
        let almost = format!("x: {}\r\nconnection: close\r\n", "x".repeat(15_000));
        let head = format!("GET /healthz HTTP/1.1\r\nhost: shop\r\n{almost}\r\n");
        assert!(conversation(shop.running.address, &head).await.starts_with("HTTP/1.1 200 "));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_disconnected() {
    let quick = |settings: &mut changgou::infra::settings::Settings| settings.http.write = SOON;
    Shop::run_with(quick, async |shop| {
        let long = shop.http.get(shop.url("/api-docs/openapi.json")).send().await.unwrap();
        let length = long.text().await.unwrap().len();
        // More than the system keeps for a client.
        let count = 64 * 1024 * 1024 / length;
        let ask = "GET /api-docs/openapi.json HTTP/1.1\r\nhost: shop\r\n\r\n";
        let mut client = RawClient::after(shop.running.address, &ask.repeat(count)).await;
        sleep(SOON * 10).await;
        let heard = client.hears_to_the_end().await;
        assert!(heard.len() < length * count, "all {count} answers arrived");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_takes_too_long_is_given_up() {
    let quick = |settings: &mut changgou::infra::settings::Settings| settings.http.handler = SOON;
    Shop::run_with(quick, async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        buyer.puts_in_cart(&sku, 1).await;
        let held = shop.locks_the_writer().await;
        let order = buyer.request(Method::POST, "/api/order").header("Idempotency-Key", "k").json(&json!({}));
        if changgou_is_embedded(shop) {
            let reply = read(order).await;
            assert_eq!(reply.refused(), (503, "busy"));
            assert!(reply.headers.contains_key("retry-after"));
            assert!(reply.json["message"].as_str().unwrap().contains("Idempotency-Key"), "{reply:?}");
        }
        held.release().await;
        let again = buyer.request(Method::POST, "/api/order").header("Idempotency-Key", "k").json(&json!({}));
        read(again).await.ok();
        assert_eq!(buyer.get("/api/order/user/list").await.ok()["total"], 1);
    })
    .await;
}

/// Only the embedded database has one writer that can be held.
fn changgou_is_embedded(shop: &Shop) -> bool {
    shop.running.app.settings.database_url.starts_with("sqlite:")
}
