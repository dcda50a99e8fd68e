//! Streams of events: they end with their login, and nobody has more than a few.

use std::time::Duration;

use changgou::domain::limits::ACCESS_TOKEN_LIFE;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::shop::{Person, Shop};
use crate::support::wait::until;

async fn opens(buyer: &Person, order: &Value) -> Response {
    let path = format!("/pay/{}/events", order["id"].as_str().unwrap());
    buyer.request(Method::GET, &path).send().await.unwrap()
}

async fn begins(buyer: &Person, order: &Value) -> Response {
    let mut events = opens(buyer, order).await;
    assert_eq!(events.status().as_u16(), 200);
    assert!(events.chunk().await.unwrap().is_some_and(|first| first.ends_with(b"data: waiting\n\n")));
    events
}

/// Fails if the stream does not end soon, or tells anything before.
async fn ends(mut events: Response) {
    let rest = timeout(Duration::from_secs(10), events.chunk()).await.expect("the stream ends");
    assert!(rest.unwrap().is_none(), "nothing is told after the login");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_its_buyer_logs_out() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 1).await;
        let events = begins(&buyer, &order).await;
        buyer.post("/api/user/logout", Value::Null).await.ok();
        ends(events).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_its_login_expires() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 1).await;
        let typed = json!({ "username": buyer.name, "password": "changgou" });
        let tokens = buyer.post("/api/user/login", typed).await.ok();
        let buyer = buyer.with_token(tokens["accessToken"].as_str().unwrap());
        let events = begins(&buyer, &order).await;
        shop.clock.advance(ACCESS_TOKEN_LIFE + Duration::from_secs(5));
        ends(events).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_has_its_time() {
    let short =
        |settings: &mut changgou::infra::settings::Settings| settings.http.stream = Duration::from_secs(1);
    Shop::run_with(short, async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 1).await;
        ends(begins(&buyer, &order).await).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_has_few_streams_and_an_address_not_all() {
    let few = |settings: &mut changgou::infra::settings::Settings| {
        (settings.http.streams_per_buyer, settings.http.streams_per_address) = (2, 3);
    };
    Shop::run_with(few, async |shop| {
        let (_, buyers) = shop.people(3).await;
        let sku = shop.sku(10).await;
        let mut orders = Vec::new();
        for buyer in &buyers {
            orders.push(buyer.buys(&sku, 1).await);
        }
        let first = begins(&buyers[0], &orders[0]).await;
        let _second = begins(&buyers[0], &orders[0]).await;
        let refused = opens(&buyers[0], &orders[0]).await;
        assert_eq!(refused.status().as_u16(), 429);
        assert!(refused.text().await.unwrap().contains("打开的支付页面过多"));
        let _third = begins(&buyers[1], &orders[1]).await;
        assert_eq!(opens(&buyers[2], &orders[2]).await.status().as_u16(), 429);
        drop(first);
        until("a stream that was left makes room", async || {
            opens(&buyers[2], &orders[2]).await.status().as_u16() == 200
        })
        .await;
    })
    .await;
}
