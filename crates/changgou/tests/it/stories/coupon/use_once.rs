//! Coupons are granted when an order is paid, used once, and returned when the order closes.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::shop::{Person, Shop};
use crate::support::snapshot::same_json;

/// A buyer who has a coupon of ten yuan and a SKU of ten yuan.
async fn scene(shop: &Shop, changes: Value) -> (Person, Person, String, String) {
    let (operator, mut buyers) = shop.people(1).await;
    let (buyer, sku) = (buyers.remove(0), shop.sku(100).await);
    let template = operator.makes_coupons(changes).await;
    let coupon = operator.grants(&template, &buyer).await;
    (operator, buyer, sku, coupon)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coupon_given_after_payment_is_used_on_a_later_order() {
    Shop::run(async |shop| {
        let (operator, mut buyers) = shop.people(1).await;
        let (buyer, sku) = (buyers.remove(0), shop.sku(100).await);
        operator.makes_coupons(json!({ "grantOnPaid": true, "grantMinMoney": 3000 })).await;
        let small = buyer.buys(&sku, 1).await;
        let code = buyer.asks_for_code(&small).await;
        shop.phone_pays(code["code_url"].as_str().unwrap()).await;
        assert_eq!(buyer.get("/api/coupon/user/list").await.ok(), json!([]), "too small for the rule");

        let first = buyer.buys(&sku, 4).await;
        let code = buyer.asks_for_code(&first).await;
        shop.phone_pays(code["code_url"].as_str().unwrap()).await;
        let coupons = buyer.get("/api/coupon/user/list").await.ok();
        let coupon = &coupons[0];
        same_json("coupon_granted_by_an_order", coupon);
        let told = buyer.order(&first).await["events"].clone();
        assert!(told.as_array().unwrap().iter().any(|event| event["kind"] == "coupon_granted"), "{told}");

        buyer.puts_in_cart(&sku, 3).await;
        let settled = buyer.get("/api/order/settlement").await.ok();
        assert_eq!(settled["payMoney"], 4000, "nothing is taken off unless it is chosen");
        assert_eq!(settled["coupons"][0]["suggested"], true);
        let path = format!("/api/order/settlement?couponId={}", coupon["id"].as_str().unwrap());
        let settled = buyer.get(&path).await.ok();
        same_json("settlement_with_coupon", &settled);
        let body = json!({ "couponId": coupon["id"], "token": settled["token"], "payMoney": 3000 });
        let second = buyer.post("/api/order", body).await.ok();
        same_json("order_with_coupon", &second);
        let used = buyer.get("/api/coupon/user/list?status=used").await.ok();
        assert_eq!(used[0]["orderId"], second["id"]);
        same_json("coupons_used", &used);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_tabs_uses_the_coupon() {
    Shop::run(async |shop| {
        let (_, buyer, _, coupon) = scene(shop, json!({})).await;
        let skus = shop.skus(8, 10).await;
        for sku in &skus {
            buyer.puts_in_cart(sku, 1).await;
        }
        let mut tabs = JoinSet::new();
        for sku in skus {
            let (buyer, coupon) = (buyer.clone(), coupon.clone());
            tabs.spawn(async move {
                let reply = buyer.post("/api/order", json!({ "skuIds": [sku], "couponId": coupon })).await;
                (reply.status.as_u16(), reply.json["reason"].as_str().unwrap_or_default().to_owned())
            });
        }
        let answers = tabs.join_all().await;
        let used = answers.iter().filter(|(status, _)| *status == 200).count();
        let refused = answers.iter().filter(|answer| **answer == (409, "coupon_used".to_owned())).count();
        assert_eq!((used, refused), (1, 7), "{answers:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_order_gives_its_coupon_back() {
    Shop::run(async |shop| {
        let (_, buyer, sku, coupon) = scene(shop, json!({})).await;
        for _ in 0..2 {
            buyer.puts_in_cart(&sku, 1).await;
            let order = buyer.post("/api/order", json!({ "couponId": coupon })).await.ok();
            assert_eq!(order["couponId"], json!(coupon));
            let cancel = format!("/api/order/{}/cancel", order["id"].as_str().unwrap());
            buyer.put(&cancel, Value::Null).await.ok();
        }
        let usable = buyer.get("/api/coupon/user/list?status=usable").await.ok();
        assert_eq!(usable[0]["id"], json!(coupon));
    })
    .await;
}
