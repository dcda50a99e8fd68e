//! The discount of a coupon: its amount, its lines and its time, the same at the settlement and in the order.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::ACCEPT_LANGUAGE;
use serde_json::{Value, json};

use crate::support::shop::{Person, Shop, read};
use crate::support::wechat::text;

const HOUR: Duration = Duration::from_secs(3600);

/// The settlement with this coupon.
async fn settled(buyer: &Person, coupon: &str) -> Value {
    buyer.get(&format!("/api/order/settlement?couponId={coupon}")).await.ok()
}

/// Fails unless settlement and order both refuse the coupon with this reason and change nothing.
async fn is_refused(shop: &Shop, buyer: &Person, coupon: &str, refusal: (u16, &str)) -> Value {
    let before = shop.all_rows().await;
    let seen = buyer.get(&format!("/api/order/settlement?couponId={coupon}")).await;
    assert_eq!(seen.refused(), refusal);
    let reply = buyer.post("/api/order", json!({ "couponId": coupon })).await;
    assert_eq!(reply.refused(), refusal);
    assert_eq!(reply.json["data"], seen.json["data"]);
    assert_eq!(shop.all_rows().await, before);
    reply.json["data"].clone()
}

fn sum(items: &Value, name: &str) -> i64 {
    items.as_array().unwrap().iter().map(|item| item[name].as_i64().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_percentage_is_cut_to_whole_fen_and_capped() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], operator.puts_up(json!({ "price": 3333 })).await);
        buyer.puts_in_cart(&sku, 1).await;
        for (most, saves) in [(400, 400), (499, 499), (1000, 499)] {
            let changes = json!({ "kind": "percent", "amount": null, "percent": 15, "most": most });
            let coupon = operator.grants(&operator.makes_coupons(changes).await, buyer).await;
            let seen = settled(buyer, &coupon).await;
            assert_eq!((&seen["couponMoney"], &seen["preMoney"]), (&json!(saves), &json!(saves)), "≤ {most}");
            assert_eq!(seen["payMoney"], 3333 - saves + 1000);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_lines_in_scope_count_and_are_discounted() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let buyer = &buyers[0];
        let meant = operator.puts_up(json!({ "categoryId": 77 })).await;
        let other = operator.puts_up(json!({ "price": 50_000, "categoryId": 78 })).await;
        for (scope, ids) in [("sku", json!([meant])), ("category", json!([77, 99]))] {
            let changes = json!({ "scope": scope, "scopeIds": ids, "minMoney": 1001, "amount": 5000 });
            let coupon = operator.grants(&operator.makes_coupons(changes).await, buyer).await;
            buyer.puts_in_cart(&other, 1).await;
            is_refused(shop, buyer, &coupon, (409, "coupon_not_met")).await;
            buyer.puts_in_cart(&meant, 1).await;
            let facts = is_refused(shop, buyer, &coupon, (409, "coupon_not_met")).await;
            assert_eq!(facts, json!({ "lacks": 1 }), "the dear line does not count");

            buyer.puts_in_cart(&meant, 2).await;
            let order = buyer.post("/api/order", json!({ "couponId": coupon })).await.ok();
            assert_eq!(order["couponMoney"], 2000, "no more than its lines cost");
            for item in order["items"].as_array().unwrap() {
                let paid = if item["skuId"] == meant.as_str() { 0 } else { 50_000 };
                assert_eq!(item["payMoney"], paid, "{scope}: {item}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coupon_that_ends_between_settlement_and_order_is_refused() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(10).await);
        let coupon = operator.grants(&operator.makes_coupons(json!({ "validDays": 1 })).await, buyer).await;
        buyer.puts_in_cart(&sku, 1).await;
        shop.pass(24 * HOUR - Duration::from_millis(1)).await;
        let seen = settled(buyer, &coupon).await;
        assert_eq!(seen["couponMoney"], 1000);

        shop.pass(Duration::from_millis(1)).await;
        is_refused(shop, buyer, &coupon, (409, "coupon_expired")).await;
        let before = shop.all_rows().await;
        let body = json!({ "couponId": coupon, "token": seen["token"], "payMoney": seen["payMoney"] });
        assert_eq!(buyer.post("/api/order", body).await.refused(), (409, "coupon_expired"));
        // Without the coupon the price differs from the one the buyer saw.
        let body = json!({ "token": seen["token"], "payMoney": seen["payMoney"] });
        let reply = buyer.post("/api/order", body).await;
        assert_eq!(reply.refused(), (409, "price_changed"));
        assert_eq!(reply.json["data"]["payMoney"], 2000);
        assert_eq!(shop.all_rows().await, before);
        assert_eq!(buyer.get("/api/coupon/user/list").await.ok(), json!([]));
        let expired = buyer.get("/api/coupon/user/list?status=expired").await.ok();
        assert_eq!(expired[0]["id"], coupon.as_str());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coupon_is_good_from_its_first_moment_until_before_its_last() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(10).await);
        let window = json!({ "validDays": null, "validFrom": "2026-11-23T11:00:00+08:00", "validTo": "2026-11-23T12:00:00+08:00" });
        let coupon = operator.grants(&operator.makes_coupons(window).await, buyer).await;
        buyer.puts_in_cart(&sku, 1).await;
        shop.pass(HOUR - Duration::from_millis(1)).await;
        is_refused(shop, buyer, &coupon, (409, "coupon_not_started")).await;
        shop.pass(Duration::from_millis(1)).await;
        assert_eq!(settled(buyer, &coupon).await["couponMoney"], 1000);
        shop.pass(HOUR - Duration::from_millis(1)).await;
        assert_eq!(settled(buyer, &coupon).await["couponMoney"], 1000);
        shop.pass(Duration::from_millis(1)).await;
        is_refused(shop, buyer, &coupon, (409, "coupon_expired")).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_buyers_coupon_does_not_exist() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(2).await;
        let sku = shop.sku(10).await;
        let theirs = operator.grants(&operator.makes_coupons(json!({})).await, &buyers[1]).await;
        buyers[0].puts_in_cart(&sku, 1).await;
        for nobodys in [theirs.as_str(), "1", "9223372036854775807"] {
            is_refused(shop, &buyers[0], nobodys, (404, "not_found")).await;
        }
        assert_eq!(buyers[1].get("/api/coupon/user/list").await.ok()[0]["id"], theirs.as_str());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settlement_shows_the_best_first_and_says_why_others_do_not_apply() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], operator.puts_up(json!({ "price": 3000 })).await);
        let mut granted = Vec::new();
        for changes in [
            json!({ "name": "later", "validDays": 9 }),
            json!({ "name": "sooner", "validDays": 3 }),
            json!({ "name": "small", "amount": 1 }),
            json!({ "name": "dear", "minMoney": 3001 }),
            json!({ "name": "other", "scope": "sku", "scopeIds": [1] }),
        ] {
            granted.push(operator.grants(&operator.makes_coupons(changes).await, buyer).await);
        }
        buyer.puts_in_cart(&sku, 1).await;
        for (lang, lacking) in [("zh-CN", "还差 ¥0.01"), ("en", "Spend another ¥0.01")] {
            let path = "/api/order/settlement";
            let seen = read(buyer.request(Method::GET, path).header(ACCEPT_LANGUAGE, lang)).await.ok();
            let coupons = seen["coupons"].as_array().unwrap();
            let names: Vec<String> = coupons.iter().map(|coupon| text(&coupon["name"])).collect();
            assert_eq!(names[..3], ["sooner", "later", "small"], "what ends first comes first");
            let suggested: Vec<bool> =
                coupons.iter().map(|one| one["suggested"].as_bool().unwrap()).collect();
            assert_eq!(suggested, [true, false, false, false, false]);
            let saves: Vec<i64> = coupons.iter().map(|one| one["saves"].as_i64().unwrap()).collect();
            assert_eq!(saves, [1000, 1000, 1, 0, 0]);
            for coupon in &coupons[..3] {
                assert_eq!((&coupon["usable"], &coupon["reason"]), (&json!(true), &Value::Null));
            }
            for coupon in &coupons[3..] {
                assert_eq!((&coupon["usable"], &coupon["reason"]), (&json!(false), &json!("coupon_not_met")));
            }
            let dear = coupons.iter().find(|coupon| coupon["name"] == "dear").unwrap();
            assert!(text(&dear["message"]).contains(lacking), "{dear}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discount_is_spread_over_the_lines_to_the_fen() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let buyer = &buyers[0];
        let mut skus = Vec::new();
        for price in [333, 1, 0, 3334, 7] {
            skus.push(operator.puts_up(json!({ "price": price })).await);
        }
        let whole = 333 + 1 + 3334 * 3 + 7;
        for amount in [1, 2, 3, 100, 1111, whole - 1, whole, whole + 1] {
            let changes = json!({ "amount": amount });
            let coupon = operator.grants(&operator.makes_coupons(changes).await, buyer).await;
            for (nth, sku) in skus.iter().enumerate() {
                buyer.puts_in_cart(sku, if nth == 3 { 3 } else { 1 }).await;
            }
            let order = buyer.post("/api/order", json!({ "couponId": coupon })).await.ok();
            let off = amount.min(whole);
            assert_eq!((&order["totalMoney"], &order["preMoney"]), (&json!(whole), &json!(off)));
            assert_eq!(sum(&order["items"], "payMoney"), whole - off, "{amount}");
            for item in order["items"].as_array().unwrap() {
                let (paid, full) = (item["payMoney"].as_i64().unwrap(), item["money"].as_i64().unwrap());
                assert!((0..=full).contains(&paid), "{item}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_costs_nothing_waits_for_its_parcel_at_once() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let buyer = &buyers[0];
        let template = operator.makes_coupons(json!({ "amount": 20_000 })).await;
        let cheap = operator.puts_up(json!({})).await;
        buyer.puts_in_cart(&cheap, 1).await;
        let coupon = operator.grants(&template, buyer).await;
        let order = buyer.post("/api/order", json!({ "couponId": coupon })).await.ok();
        assert_eq!((&order["preMoney"], &order["payMoney"]), (&json!(1000), &json!(1000)), "postage is paid");

        let dear = operator.puts_up(json!({ "price": 9900 })).await;
        buyer.puts_in_cart(&dear, 1).await;
        let coupon = operator.grants(&template, buyer).await;
        let order = buyer.post("/api/order", json!({ "couponId": coupon, "payType": "1" })).await.ok();
        assert_eq!((&order["payMoney"], &order["payBy"]), (&json!(0), &Value::Null));
        assert_eq!(buyer.tries_to_pay(&order).await.status, 409, "there is nothing to pay");
        shop.pass(24 * HOUR).await;
        assert!(buyer.is_waiting(&order).await, "it does not expire");
        let parcel = json!([{ "id": order["id"], "shippingName": "顺丰", "shippingCode": "SF1" }]);
        operator.post("/api/order/batchSend", parcel).await.ok();
        let receive = format!("/api/order/{}/receive", text(&order["id"]));
        assert_eq!(buyer.put(&receive, Value::Null).await.ok()["orderStatus"], "1");
    })
    .await;
}
