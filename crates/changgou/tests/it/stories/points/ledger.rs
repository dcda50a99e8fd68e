//! Points are spent on an order, recorded in a ledger, returned when the order closes, and never negative.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::shop::{Person, Shop};
use crate::support::snapshot::same_json;

/// A buyer with a thousand points.
async fn scene(shop: &Shop) -> (Person, Person) {
    let (operator, mut buyers) = shop.people(1).await;
    let buyer = buyers.remove(0);
    let path = format!("/api/user/points/add?username={}&points=1000", buyer.name);
    operator.post(&path, Value::Null).await.ok();
    (operator, buyer)
}

/// The buyer's ledger, by kind.
async fn ledger(shop: &Shop, buyer: &Person) -> Vec<(String, i64)> {
    let sql =
        format!("select kind, points from points_entry where username = '{}' order by kind", buyer.name);
    shop.rows(&sql).await
}

fn entries(all: &[(&str, i64)]) -> Vec<(String, i64)> {
    all.iter().map(|(kind, points)| ((*kind).to_owned(), *points)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn points_pay_a_part_and_are_recorded() {
    Shop::run(async |shop| {
        let (_, buyer) = scene(shop).await;
        buyer.puts_in_cart(&shop.sku(10).await, 2).await;
        let seen = buyer.get("/api/order/settlement?points=500").await.ok();
        assert_eq!(seen["payMoney"], 2000 - 500 + 1000, "a point is a fen");
        same_json("settlement_with_points", &seen);
        let order = buyer.post("/api/order", json!({ "points": 500, "payMoney": 2500 })).await.ok();
        same_json("order_with_points", &order);
        assert_eq!(buyer.points().await, 1000 - 500 + 10);
        let written = ledger(shop, &buyer).await;
        assert_eq!(written, entries(&[("adjust", 1000), ("place", 10), ("spend", -500)]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_points_than_owned_or_allowed_are_refused() {
    Shop::run(async |shop| {
        let (_, buyer) = scene(shop).await;
        let sku = shop.sku(10).await;
        buyer.puts_in_cart(&sku, 1).await;
        let before = shop.all_rows().await;
        let facts = json!({ "points": 1000, "pointsUsable": 500 });
        for (points, refusal, facts) in [
            (json!(1001), (409, "points_short"), &facts),
            (json!(i64::MAX), (409, "points_short"), &facts),
            (json!(501), (409, "points_over_share"), &facts),
            (json!(-1), (400, "bad_request"), &Value::Null),
            (json!(i64::MIN), (400, "bad_request"), &Value::Null),
            (json!(0.5), (400, "bad_request"), &Value::Null),
            (json!(9_223_372_036_854_775_808_u64), (400, "bad_request"), &Value::Null),
        ] {
            let reply = buyer.post("/api/order", json!({ "points": points })).await;
            assert_eq!((reply.refused(), &reply.json["data"]), (refusal, facts), "{points}");
            let seen = buyer.get(&format!("/api/order/settlement?points={points}")).await;
            assert_eq!((seen.refused(), &seen.json["data"]), (refusal, facts), "{points}");
        }
        let texts = buyer.post("/api/order", json!({ "points": "500" })).await;
        assert_eq!(texts.refused(), (400, "bad_request"));
        assert_eq!(shop.all_rows().await, before);
        assert_eq!(buyer.post("/api/order", json!({ "points": 500 })).await.ok()["pointsUsed"], 500);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_order_gives_points_back_and_takes_what_it_earned() {
    Shop::run(async |shop| {
        let (_, buyer) = scene(shop).await;
        let sku = shop.sku(10).await;
        buyer.puts_in_cart(&sku, 1).await;
        let order = buyer.post("/api/order", json!({ "points": 400 })).await.ok();
        assert_eq!(buyer.points().await, 610);
        for _ in 0..2 {
            buyer
                .put(&format!("/api/order/{}/cancel", order["id"].as_str().unwrap()), Value::Null)
                .await
                .ok();
            assert_eq!(buyer.points().await, 1000);
        }
        assert_eq!(buyer.order(&order).await["pointsUsed"], 400, "the order says how it was placed");
        let back = [("adjust", 1000), ("close", -10), ("give_back", 400), ("place", 10), ("spend", -400)];
        assert_eq!(ledger(shop, &buyer).await, entries(&back));

        // The next one expires.
        buyer.puts_in_cart(&sku, 1).await;
        buyer.post("/api/order", json!({ "points": 500 })).await.ok();
        shop.pass(std::time::Duration::from_secs(3600)).await;
        assert_eq!(buyer.points().await, 1000);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn points_of_unpaid_orders_buy_nothing() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(1000).await);
        let mut unpaid = Vec::new();
        for _ in 0..30 {
            unpaid.push(buyer.buys(&sku, 1).await);
        }
        buyer.puts_in_cart(&sku, 1).await;
        let seen = buyer.get("/api/order/settlement").await.ok();
        assert_eq!((&seen["points"], &seen["pointsUsable"]), (&json!(300), &json!(0)));
        let reply = buyer.post("/api/order", json!({ "points": 300 })).await;
        assert_eq!(reply.refused(), (409, "points_short"));

        // The first is paid: its points may be spent, and no more.
        let code = buyer.asks_for_code(&unpaid[0]).await;
        shop.phone_pays(code["code_url"].as_str().unwrap()).await;
        assert_eq!(buyer.post("/api/order", json!({ "points": 11 })).await.refused(), (409, "points_short"));
        let spent = buyer.post("/api/order", json!({ "points": 10 })).await.ok();
        assert_eq!((spent["pointsUsed"].as_i64(), buyer.points().await), (Some(10), 300));
        for order in unpaid[1..].iter().chain([&spent]) {
            let cancel = format!("/api/order/{}/cancel", order["id"].as_str().unwrap());
            buyer.put(&cancel, Value::Null).await.ok();
        }
        assert_eq!(buyer.points().await, 10, "no cycle of placing and closing makes points");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_tabs_spend_no_more_points_than_there_are() {
    Shop::run(async |shop| {
        let (_, buyer) = scene(shop).await;
        let skus = shop.skus(8, 10).await;
        for sku in &skus {
            buyer.puts_in_cart(sku, 1).await;
        }
        let mut tabs = JoinSet::new();
        for sku in skus {
            let buyer = buyer.clone();
            tabs.spawn(async move {
                let reply = buyer.post("/api/order", json!({ "skuIds": [sku], "points": 300 })).await;
                (reply.status.as_u16(), reply.json["reason"].as_str().unwrap_or_default().to_owned())
            });
        }
        let answers = tabs.join_all().await;
        let placed = answers.iter().filter(|(status, _)| *status == 200).count();
        let short = answers.iter().filter(|answer| **answer == (409, "points_short".to_owned())).count();
        assert_eq!((placed, short), (3, 5), "{answers:?}");
        assert_eq!(buyer.points().await, 1000 - 3 * 300 + 3 * 10);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn points_pay_a_share_of_what_the_coupon_leaves() {
    Shop::run(async |shop| {
        let (operator, buyer) = scene(shop).await;
        let coupon = operator.grants(&operator.makes_coupons(json!({})).await, &buyer).await;
        buyer.puts_in_cart(&operator.puts_up(json!({ "price": 667 })).await, 3).await;
        let seen = buyer.get(&format!("/api/order/settlement?couponId={coupon}")).await.ok();
        assert_eq!(seen["pointsUsable"], 500, "half of 1001 fen, cut to whole fen");
        let over = buyer.post("/api/order", json!({ "couponId": coupon, "points": 501 })).await;
        assert_eq!(over.refused(), (409, "points_over_share"));
        assert_eq!(over.json["data"]["pointsUsable"], 500);
        let order = buyer.post("/api/order", json!({ "couponId": coupon, "points": 500 })).await.ok();
        let numbers = ["totalMoney", "couponMoney", "pointsMoney", "preMoney", "payMoney"];
        let numbers = numbers.map(|name| order[name].as_i64().unwrap());
        assert_eq!(numbers, [2001, 1000, 500, 1500, 2001 - 1500 + 1000]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_value_of_points_is_a_setting() {
    let whole = |settings: &mut changgou::infra::settings::Settings| {
        settings.rules.points.per_yuan = 3;
        settings.rules.points.share_max = 100;
    };
    Shop::run_with(whole, async |shop| {
        let (operator, buyer) = scene(shop).await;
        buyer.puts_in_cart(&operator.puts_up(json!({ "price": 9901 })).await, 1).await;
        let seen = buyer.get("/api/order/settlement?points=297").await.ok();
        assert_eq!(seen["pointsUsable"], 297);
        // 298 points are worth 9933 fen: more than the goods cost.
        let refused = buyer.post("/api/order", json!({ "points": 298 })).await;
        assert_eq!(refused.refused(), (409, "points_over_share"));
        let order = buyer.post("/api/order", json!({ "points": 297 })).await.ok();
        assert_eq!((&order["pointsMoney"], &order["payMoney"]), (&json!(9900), &json!(1)));
        assert_eq!(buyer.points().await, 1000 - 297 + 10);
    })
    .await;
}
