//! Password guessing is slowed down.

use std::time::Duration;

use changgou::domain::limits::LOGIN_WINDOW;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::shop::{Reply, Shop};

async fn login(shop: &Shop, username: &str, password: &str) -> Reply {
    let typed = json!({ "username": username, "password": password });
    shop.stranger().post("/api/user/login", typed).await
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_wrong_passwords_the_right_one_is_refused_too() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let name = &buyers[0].name;
        for _ in 0..5 {
            assert_eq!(login(shop, name, "guess!").await.refused(), (401, "login_failed"));
        }
        let reply = login(shop, name, "changgou").await;
        assert_eq!(reply.refused(), (429, "too_many_requests"));
        assert_eq!(reply.headers["retry-after"], "900");
        login(shop, &buyers[1].name, "changgou").await.ok();

        shop.clock.advance(LOGIN_WINDOW - Duration::from_secs(1));
        let reply = login(shop, name, "changgou").await;
        assert_eq!(reply.refused(), (429, "too_many_requests"));
        assert_eq!(reply.headers["retry-after"], "1");
        shop.clock.advance(Duration::from_secs(1));
        login(shop, name, "changgou").await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_password_resets_the_count_of_wrong_ones() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        for _ in 0..2 {
            for _ in 0..4 {
                assert_eq!(login(shop, &buyer.name, "guess!").await.refused(), (401, "login_failed"));
            }
            login(shop, &buyer.name, "changgou").await.ok();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_guesses_are_all_counted() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let mut guesses = JoinSet::new();
        for nth in 0..12 {
            let (stranger, username) = (shop.stranger(), buyer.name.clone());
            let typed = json!({ "username": username, "password": format!("guess {nth}") });
            guesses.spawn(async move { stranger.post("/api/user/login", typed).await.status.as_u16() });
        }
        let mut answers = guesses.join_all().await;
        answers.sort_unstable();
        assert_eq!(answers, [401, 401, 401, 401, 401, 429, 429, 429, 429, 429, 429, 429]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_wrong_guesses_block_an_address_for_every_name() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let mut guesses = JoinSet::new();
        for nth in 0..50 {
            let stranger = shop.stranger();
            let typed = json!({ "username": format!("name{nth}"), "password": "guess!" });
            guesses.spawn(async move { stranger.post("/api/user/login", typed).await.status.as_u16() });
        }
        assert_eq!(guesses.join_all().await, [401; 50]);
        let reply = login(shop, &buyer.name, "changgou").await;
        assert_eq!(reply.refused(), (429, "too_many_requests"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_name_gets_the_same_answer_as_a_wrong_password() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let wrong = login(shop, &buyer.name, "guess!").await;
        let unknown = login(shop, "nobody-there", "guess!").await;
        assert_eq!(wrong.refused(), (401, "login_failed"));
        assert_eq!((wrong.status, wrong.json), (unknown.status, unknown.json));
    })
    .await;
}
