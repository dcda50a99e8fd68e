//! Invalid orders and settlements: each is refused with its reason, and nothing is written.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::shop::{Person, Shop};

struct Scene {
    buyer: Person,
    /// In the cart, one piece at 1000 fen.
    sku: String,
    /// Not in the cart.
    other: String,
    theirs: String,
    over: String,
    early: String,
    used: String,
}

async fn scene(shop: &Shop) -> Scene {
    let (operator, mut buyers) = shop.people(2).await;
    let (buyer, stranger) = (buyers.remove(0), buyers.remove(0));
    let (sku, other) = (shop.sku(10).await, shop.sku(10).await);
    let template = operator.makes_coupons(json!({})).await;
    let short = operator.makes_coupons(json!({ "validDays": 1 })).await;
    let later =
        json!({ "validDays": null, "validFrom": "2026-12-24T00:00:00Z", "validTo": "2026-12-25T00:00:00Z" });
    let later = operator.makes_coupons(later).await;
    let theirs = operator.grants(&template, &stranger).await;
    let over = operator.grants(&short, &buyer).await;
    let early = operator.grants(&later, &buyer).await;
    let used = operator.grants(&template, &buyer).await;
    buyer.puts_in_cart(&sku, 1).await;
    buyer.post("/api/order", json!({ "couponId": used, "payType": "0" })).await.ok();
    let points = format!("/api/user/points/add?points=10&username={}", buyer.name);
    operator.post(&points, Value::Null).await.ok();
    buyer.puts_in_cart(&sku, 1).await;
    shop.pass(Duration::from_secs(86_400)).await;
    Scene { buyer, sku, other, theirs, over, early, used }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_order_is_refused_with_its_reason_and_nothing_is_written() {
    Shop::run(async |shop| {
        let scene = scene(shop).await;
        let Scene { buyer, sku, other, theirs, over, early, used } = &scene;
        let many: Vec<u32> = (1..=10_000).collect();
        let before = shop.all_rows().await;
        for (body, refusal) in [
            (json!({ "skuIds": many }), (400, "bad_request")),
            (json!({ "skuIds": [sku, sku] }), (400, "bad_request")),
            (json!({ "skuIds": [] }), (409, "cart_empty")),
            (json!({ "skuIds": [sku, other] }), (409, "not_in_cart")),
            (json!({ "skuIds": sku }), (400, "bad_request")),
            (json!({ "skuIds": [-1] }), (400, "bad_request")),
            (json!({ "skuIds": [1.5] }), (400, "bad_request")),
            (json!({ "skuIds": [9_223_372_036_854_775_808_u64] }), (400, "bad_request")),
            (json!({ "couponId": theirs }), (404, "not_found")),
            (json!({ "couponId": "1" }), (404, "not_found")),
            (json!({ "couponId": over }), (409, "coupon_expired")),
            (json!({ "couponId": early }), (409, "coupon_not_started")),
            (json!({ "couponId": used }), (409, "coupon_used")),
            (json!({ "couponId": "" }), (400, "bad_request")),
            (json!({ "couponId": -1 }), (400, "bad_request")),
            (json!({ "couponId": [theirs] }), (400, "bad_request")),
            (json!({ "points": 11 }), (409, "points_short")),
            (json!({ "points": 2_147_483_648_i64 }), (409, "points_short")),
            (json!({ "points": -1 }), (400, "bad_request")),
            (json!({ "payMoney": 1999 }), (409, "price_changed")),
            (json!({ "payMoney": -1 }), (409, "price_changed")),
            (json!({ "addressId": "1" }), (404, "not_found")),
            (json!({ "coupon": used }), (400, "bad_request")),
            (json!({ "num": 2 }), (400, "bad_request")),
            (json!([]), (400, "bad_request")),
        ] {
            let reply = buyer.post("/api/order", body.clone()).await;
            assert_eq!(reply.refused(), refusal, "{body}");
        }
        assert_eq!(shop.all_rows().await, before);
        let order = buyer.post("/api/order", json!({ "points": 10, "payMoney": 1990 })).await.ok();
        assert_eq!(order["payMoney"], 1990);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_settlement_is_refused_with_the_reason_the_order_would_have() {
    Shop::run(async |shop| {
        let scene = scene(shop).await;
        let Scene { buyer, theirs, over, early, used, .. } = &scene;
        let before = shop.all_rows().await;
        for (query, refusal) in [
            (format!("couponId={theirs}"), (404, "not_found")),
            (format!("couponId={over}"), (409, "coupon_expired")),
            (format!("couponId={early}"), (409, "coupon_not_started")),
            (format!("couponId={used}"), (409, "coupon_used")),
            ("couponId=".to_owned(), (400, "bad_request")),
            ("couponId=-1".to_owned(), (400, "bad_request")),
            ("couponId=best".to_owned(), (400, "bad_request")),
            ("points=11".to_owned(), (409, "points_short")),
            ("points=-1".to_owned(), (400, "bad_request")),
            ("points=1e3".to_owned(), (400, "bad_request")),
            ("points=9223372036854775808".to_owned(), (400, "bad_request")),
            ("skuIds=1,x".to_owned(), (400, "bad_request")),
            ("skuIds=-1".to_owned(), (400, "bad_request")),
            (format!("skuIds={}", ["1"; 101].join(",")), (400, "bad_request")),
        ] {
            let reply = buyer.get(&format!("/api/order/settlement?{query}")).await;
            assert_eq!(reply.refused(), refusal, "{query}");
        }
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_quantity_never_reaches_the_cart() {
    Shop::run(async |shop| {
        let scene = scene(shop).await;
        let Scene { buyer, sku, other, .. } = &scene;
        let before = shop.all_rows().await;
        for num in ["1000", "2147483648", "9223372036854775807", "9223372036854775808", "1.5", "1e3", "", "x"]
        {
            for id in [sku, other] {
                let reply = buyer.get(&format!("/api/cart/add?id={id}&num={num}")).await;
                assert_eq!(reply.refused(), (400, "bad_request"), "{num}");
            }
        }
        assert_eq!(shop.all_rows().await, before);
        // Zero and negative numbers remove the line, as in the Java shop; then there is nothing to order.
        for num in ["0", "-1", "-9223372036854775808"] {
            buyer.puts_in_cart(sku, 1).await;
            buyer.get(&format!("/api/cart/add?id={sku}&num={num}")).await.ok();
            assert_eq!(buyer.get("/api/cart/list").await.ok(), json!([]), "{num}");
            assert_eq!(buyer.post("/api/order", json!({})).await.refused(), (409, "cart_empty"));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_whose_sum_overflows_are_refused() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let buyer = &buyers[0];
        let coupon =
            operator.grants(&operator.makes_coupons(json!({ "amount": 2_147_483_647 })).await, buyer).await;
        for _ in 0..3 {
            let sku = operator.puts_up(json!({ "price": 2_147_483_647, "num": 1000 })).await;
            buyer.puts_in_cart(&sku, 999).await;
        }
        let before = shop.all_rows().await;
        for body in [json!({}), json!({ "couponId": coupon }), json!({ "payMoney": i64::MAX })] {
            assert_eq!(buyer.post("/api/order", body).await.refused(), (400, "bad_request"));
        }
        let seen = buyer.get(&format!("/api/order/settlement?couponId={coupon}")).await;
        assert_eq!(seen.refused(), (400, "bad_request"));
        assert_eq!(seen.json["data"], Value::Null);
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}
