//! Orders that are paid on delivery, or cost nothing, have a way back, and one buyer has only so many.

use std::time::Duration;

use changgou::domain::money::Fen;
use changgou::infra::settings::{OnDelivery, Settings};
use serde_json::{Value, json};

use crate::support::form_browser::FormBrowser;
use crate::support::orders::is_closed_and_returned;
use crate::support::shop::{Person, Reply, Shop};

async fn orders_on_delivery(buyer: &Person, sku: &str, num: i64) -> Reply {
    buyer.puts_in_cart(sku, num).await;
    buyer.post("/api/order", json!({ "payType": "0" })).await
}

async fn closes(operator: &Person, order: &Value) -> Reply {
    let path = format!("/api/admin/order/{}/close", order["id"].as_str().unwrap());
    operator.post(&path, json!({ "reason": "客人不在家" })).await
}

async fn ships(operator: &Person, order: &Value) {
    let parcel = json!([{ "id": order["id"], "shippingName": "顺丰", "shippingCode": "SF1" }]);
    operator.post("/api/order/batchSend", parcel).await.ok();
}

async fn spendable(buyer: &Person) -> Value {
    buyer.get("/api/order/settlement").await.ok()["pointsUsable"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_calls_it_off_before_the_shipment() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = orders_on_delivery(&buyer, &sku, 2).await.ok();
        for _ in 0..2 {
            assert_eq!(buyer.cancels(&order).await.ok()["orderStatus"], "3");
        }
        is_closed_and_returned(&buyer, &order, &sku, (10, 0)).await;
        assert_eq!(buyer.points().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_takes_back_what_was_refused_at_the_door() {
    Shop::run(async |shop| {
        let (buyer, operator, sku) = (shop.buyer().await, shop.operator().await, shop.sku(10).await);
        let order = orders_on_delivery(&buyer, &sku, 3).await.ok();
        ships(&operator, &order).await;
        assert_eq!(buyer.cancels(&order).await.refused(), (409, "wrong_state"), "it is on its way");
        assert_eq!(closes(&buyer, &order).await.refused(), (403, "forbidden"));
        for _ in 0..2 {
            closes(&operator, &order).await.ok();
        }
        let now = buyer.order(&order).await;
        assert_eq!((&now["orderStatus"], &now["closeReason"]), (&json!("3"), &json!("refused")));
        assert_eq!(now["items"][0]["isReturn"], "1");
        let last = now["events"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["kind"], &last["actor"]), (&json!("closed"), &json!("shop")), "no operator's name");
        assert_eq!((buyer.stock_of(&sku).await, buyer.points().await), ((10, 0), 0));
        shop.pass(Duration::from_secs(40 * 86_400)).await;
        assert_eq!(buyer.stock_of(&sku).await, (10, 0), "it does not count as received later");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_costs_nothing_comes_back_with_its_coupon() {
    Shop::run(async |shop| {
        let (buyer, operator, sku) = (shop.buyer().await, shop.operator().await, shop.sku(10).await);
        let template = operator.makes_coupons(json!({ "amount": 100_000 })).await;
        let coupon = operator.grants(&template, &buyer).await;
        buyer.puts_in_cart(&sku, 10).await;
        let free = json!({ "couponId": coupon });
        let order = buyer.post("/api/order", free).await.ok();
        assert_eq!(order["payMoney"], 0, "goods of this value are sent free");
        closes(&operator, &order).await.ok();
        is_closed_and_returned(&buyer, &order, &sku, (10, 0)).await;
        let usable = buyer.get("/api/coupon/user/list?status=usable").await.ok();
        assert_eq!(usable.as_array().map(Vec::len), Some(1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_closes_what_is_unpaid_and_not_what_is_paid() {
    Shop::run(async |shop| {
        let (buyer, operator, sku) = (shop.buyer().await, shop.operator().await, shop.sku(10).await);
        let unpaid = buyer.buys(&sku, 1).await;
        buyer.asks_for_code(&unpaid).await;
        assert_eq!(closes(&operator, &unpaid).await.status, 200);
        let closed = buyer.order(&unpaid).await;
        let last = closed["events"].as_array().unwrap().last().unwrap();
        assert_eq!((&closed["closeReason"], &last["detail"]), (&json!("operator"), &json!("客人不在家")));
        let paid = buyer.buys(&sku, 1).await;
        let code = buyer.asks_for_code(&paid).await;
        shop.phone_pays(code["code_url"].as_str().unwrap()).await;
        assert_eq!(closes(&operator, &paid).await.refused(), (409, "wrong_state"));
        ships(&operator, &paid).await;
        assert_eq!(closes(&operator, &paid).await.refused(), (409, "wrong_state"));
        assert_eq!(buyer.stock_of(&sku).await, (9, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_points_count_when_it_is_received() {
    Shop::run(async |shop| {
        let (buyer, operator, sku) = (shop.buyer().await, shop.operator().await, shop.sku(10).await);
        let order = orders_on_delivery(&buyer, &sku, 1).await.ok();
        buyer.puts_in_cart(&sku, 1).await;
        assert_eq!((buyer.points().await, spendable(&buyer).await), (10, json!(0)));
        ships(&operator, &order).await;
        assert_eq!(spendable(&buyer).await, 0);
        buyer.put(&format!("/api/order/{}/receive", order["id"].as_str().unwrap()), Value::Null).await.ok();
        assert_eq!((buyer.points().await, spendable(&buyer).await), (10, json!(10)));
    })
    .await;
}

fn on_delivery(settings: &mut Settings, on_delivery: OnDelivery) {
    settings.rules.on_delivery = on_delivery;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_setting_says_whether_and_up_to_what() {
    let off = |settings: &mut Settings| on_delivery(settings, OnDelivery::Off);
    Shop::run_with(off, async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        assert_eq!(orders_on_delivery(&buyer, &sku, 1).await.refused(), (400, "bad_request"));
        let page = FormBrowser::of(shop, &buyer).sees("/order").await;
        assert!(!page.contains(r#"name="payType" value="0""#), "it is not offered");
        buyer.buys(&sku, 1).await;
    })
    .await;
    let up_to = OnDelivery::UpTo { amount: Fen(3000), open_max: 2 };
    Shop::run_with(
        |settings| on_delivery(settings, up_to),
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(100).await);
            assert_eq!(orders_on_delivery(&buyer, &sku, 3).await.refused(), (400, "bad_request"), "40 yuan");
            let first = orders_on_delivery(&buyer, &sku, 2).await.ok();
            orders_on_delivery(&buyer, &sku, 1).await.ok();
            assert_eq!(orders_on_delivery(&buyer, &sku, 1).await.refused(), (409, "limit_exceeded"));
            buyer.cancels(&first).await.ok();
            orders_on_delivery(&buyer, &sku, 1).await.ok();
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_buyer_has_only_so_many_orders_without_money() {
    let three = |settings: &mut Settings| settings.rules.open_orders_max = 3;
    Shop::run_with(three, async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(100).await);
        let first = buyer.buys(&sku, 1).await;
        for _ in 0..2 {
            buyer.buys(&sku, 1).await;
        }
        buyer.puts_in_cart(&sku, 1).await;
        let fourth = async || buyer.post("/api/order", json!({})).await;
        assert_eq!(fourth().await.refused(), (409, "limit_exceeded"));
        let code = buyer.asks_for_code(&first).await;
        shop.phone_pays(code["code_url"].as_str().unwrap()).await;
        fourth().await.ok();
        assert_eq!(buyer.stock_of(&sku).await, (96, 4));
        shop.pass(Duration::from_secs(2 * 3600)).await;
        buyer.buys(&sku, 1).await;
    })
    .await;
}
