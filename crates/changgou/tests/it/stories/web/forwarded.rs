//! Who a request comes from, behind proxies that write `X-Forwarded-For` each in its own way.

use std::net::IpAddr;

use changgou::infra::settings::Settings;
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::shop::{Shop, read};

fn behind_a_proxy(settings: &mut Settings) {
    settings.trusted_proxies = vec![IpAddr::from([127, 0, 0, 1])];
}

/// Guesses passwords of 51 names; how many guesses were refused unheard.
async fn guesses_refused(shop: &Shop, round: &str, forwarded: impl Fn(usize) -> String) -> usize {
    let all: Vec<usize> = (0..51).collect();
    let mut refused = 0;
    // Further ones would wait for too long while other tests check passwords too.
    for some in all.chunks(5) {
        let mut guesses = JoinSet::new();
        for nth in some {
            let typed = json!({ "username": format!("{round}{nth}"), "password": "guess!" });
            let request = shop.stranger().request(Method::POST, "/api/user/login").json(&typed);
            let request = request.header("x-forwarded-for", forwarded(*nth));
            guesses.spawn(async move { read(request).await.status.as_u16() });
        }
        refused += guesses.join_all().await.into_iter().filter(|status| *status == 429).count();
    }
    refused
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_does_not_choose_the_address_it_counts_by() {
    Shop::run_with(behind_a_proxy, async |shop| {
        for (round, appended) in
            [("port", "203.0.113.7:40001"), ("bracket", "[2001:db8::7]:443"), ("unknown", "unknown")]
        {
            let refused = guesses_refused(shop, round, |nth| format!("10.9.{nth}.1, {appended}")).await;
            assert_eq!(refused, 1, "{appended}");
        }
        let hidden = guesses_refused(shop, "hidden", |nth| format!("10.9.{nth}.1, _hidden")).await;
        assert_eq!(hidden, 51, "the proxy's own address counts, as for unknown");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_addresses_of_one_network_count_as_one() {
    Shop::run_with(behind_a_proxy, async |shop| {
        let refused = guesses_refused(shop, "v6", |nth| format!("2001:db8:1:2::{nth:x}")).await;
        assert_eq!(refused, 1);
        let other = shop.stranger().request(Method::POST, "/api/user/login");
        let other = other.json(&json!({ "username": "v6", "password": "guess!" }));
        let reply = read(other.header("x-forwarded-for", "2001:db8:1:3::1")).await;
        assert_eq!(reply.refused(), (401, "login_failed"));
    })
    .await;
}

async fn readiness(shop: &Shop) -> (u16, String) {
    let sent = shop.http.get(shop.url("/readyz")).send().await.unwrap();
    (sent.status().as_u16(), sent.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_the_settings_do_not_name_is_reported() {
    Shop::run(async |shop| {
        assert!(!readiness(shop).await.1.contains("proxy_untrusted"));
        let request = shop.stranger().request(Method::GET, "/api/sku");
        read(request.header("x-forwarded-for", "203.0.113.7")).await.ok();
        let (status, text) = readiness(shop).await;
        assert!(status == 200 && text.contains("proxy_untrusted: 127.0.0.1"), "{text}");
    })
    .await;
    Shop::run_with(behind_a_proxy, async |shop| {
        let request = shop.stranger().request(Method::GET, "/api/sku");
        read(request.header("x-forwarded-for", "203.0.113.7")).await.ok();
        assert!(!readiness(shop).await.1.contains("proxy_untrusted"));
    })
    .await;
}
