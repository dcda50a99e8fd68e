//! One person has one name, however it is entered.

use reqwest::Method;
use serde_json::json;

use crate::support::shop::{Reply, Shop, read};

async fn login(shop: &Shop, username: &str, password: &str) -> Reply {
    let typed = json!({ "username": username, "password": password });
    shop.stranger().post("/api/user/login", typed).await
}

/// Ways to enter a name that mean the same account.
fn variants(name: &str) -> Vec<String> {
    let wide: String = name.chars().map(|letter| char::from_u32(letter as u32 + 0xfee0).unwrap()).collect();
    let (first, rest) = name.split_at(1);
    let mut all = vec![wide, format!("{first}\u{200b}{rest}"), format!("\u{feff}{name}")];
    all.extend([" ", "  ", "\t", "\u{3000}", "\u{a0}"].iter().flat_map(|space| {
        [format!("{name}{space}"), format!("{space}{name}"), format!("{space}{name}{space}")]
    }));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_the_stored_name_however_it_was_entered() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        for entered in variants(&buyer.name) {
            let tokens = login(shop, &entered, "changgou").await.ok();
            let person = shop.stranger().with_token(tokens["accessToken"].as_str().unwrap());
            assert_eq!(person.get("/api/user/me").await.ok()["username"], *buyer.name, "{entered:?}");
        }
        let other_case = buyer.name.to_uppercase();
        assert_eq!(login(shop, &other_case, "changgou").await.refused(), (401, "login_failed"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_per_buyer_counts_every_way_to_enter_the_name() {
    Shop::run(async |shop| {
        let (buyer, operator) = (shop.buyer().await, shop.operator().await);
        let sku = operator.puts_up(json!({ "num": 10, "buyerLimit": 1 })).await;
        buyer.buys(&sku, 1).await;
        for entered in variants(&buyer.name) {
            let tokens = login(shop, &entered, "changgou").await.ok();
            let same = shop.stranger().with_token(tokens["accessToken"].as_str().unwrap());
            same.puts_in_cart(&sku, 1).await;
            let reply = same.post("/api/order", json!({})).await;
            assert_eq!(reply.refused(), (409, "limit_exceeded"), "{entered:?}");
        }
        assert_eq!(buyer.stock_of(&sku).await, (9, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_count_against_the_account_however_the_name_is_entered() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let mut limited = false;
        for entered in variants(&buyer.name).iter().cycle().take(40) {
            let reply = login(shop, entered, "a wrong one").await;
            match reply.refused() {
                (401, "login_failed") => assert!(!limited, "{entered:?} is guessed on"),
                (429, "too_many_requests") => limited = true,
                other => panic!("{other:?}"),
            }
        }
        assert!(limited);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_looks_like_anothers_cannot_be_registered() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let registers = async |name: &str| {
            let new = json!({ "username": name, "password": "rain on the roof" });
            shop.stranger().post("/api/user/add", new).await
        };
        for entered in variants(&buyer.name) {
            assert_eq!(registers(&entered).await.refused(), (409, "username_taken"), "{entered:?}");
        }
        for reserved in ["admin", "Admin", "аdmin", "ad-min", "wechat", "微信支付", "shop", "ＡＤＭＩＮ"]
        {
            assert_eq!(registers(reserved).await.refused(), (409, "username_taken"), "{reserved}");
        }
        for odd in ["a b c", "e\u{301}\u{301}ab", "abc😀", "ab\u{0}c", &"长".repeat(51)] {
            assert_eq!(registers(odd).await.refused(), (400, "bad_request"), "{odd:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_means_the_account_however_the_name_is_entered() {
    Shop::run(async |shop| {
        let (buyer, operator) = (shop.buyer().await, shop.operator().await);
        let template = operator.makes_coupons(json!({})).await;
        for (nth, entered) in variants(&buyer.name).into_iter().enumerate() {
            let change = [("username", entered.as_str()), ("points", "1")];
            let told = read(operator.request(Method::POST, "/api/user/points/add").query(&change)).await.ok();
            assert_eq!(told["username"], *buyer.name, "{entered:?}");
            assert_eq!(buyer.points().await, i64::try_from(nth).unwrap() + 1);
        }
        let granted = json!({ "username": format!("{} ", buyer.name) });
        operator.post(&format!("/api/admin/coupon/{template}/grant"), granted).await.ok();
        let coupons = buyer.get("/api/coupon/user/list?status=usable").await.ok();
        assert_eq!(coupons.as_array().map(Vec::len), Some(1), "{coupons}");
    })
    .await;
}
