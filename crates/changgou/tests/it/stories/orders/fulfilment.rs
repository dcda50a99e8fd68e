//! Shipping, receiving and the list of orders.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::shop::{Person, Reply, Shop, read};
use crate::support::snapshot::same_json;

const DAY: Duration = Duration::from_secs(86_400);

fn path(order: &Value, verb: &str) -> String {
    format!("/api/order/{}{verb}", order["id"].as_str().unwrap())
}

fn parcel(order: &Value) -> Value {
    json!({ "id": order["id"], "shippingName": "顺丰", "shippingCode": "SF1234" })
}

async fn ships(operator: &Person, orders: &[&Value]) -> Reply {
    let parcels: Vec<Value> = orders.iter().map(|order| parcel(order)).collect();
    operator.post("/api/order/batchSend", json!(parcels)).await
}

/// Buys one piece and pays it by phone.
async fn paid(shop: &Shop, buyer: &Person, sku: &str) -> Value {
    let order = buyer.buys(sku, 1).await;
    let code = buyer.asks_for_code(&order).await;
    shop.phone_pays(code["code_url"].as_str().unwrap()).await;
    buyer.order(&order).await
}

/// Buys one piece to be paid on delivery.
async fn on_delivery(buyer: &Person, sku: &str) -> Value {
    buyer.puts_in_cart(sku, 1).await;
    buyer.post("/api/order", json!({ "payType": "0" })).await.ok()
}

fn status_codes(order: &Value) -> [&str; 3] {
    ["orderStatus", "payStatus", "consignStatus"].map(|name| order[name].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_order_is_shipped_and_received() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(10).await);
        let order = paid(shop, buyer, &sku).await;
        assert_eq!(status_codes(&order), ["0", "1", "0"]);
        assert_eq!(buyer.put(&path(&order, "/receive"), Value::Null).await.refused(), (409, "wrong_state"));
        assert_eq!(ships(&operator, &[&order]).await.ok()["shipped"], 1);
        let order = buyer.order(&order).await;
        assert_eq!(status_codes(&order), ["0", "1", "1"]);
        assert_eq!((&order["shippingName"], &order["shippingCode"]), (&json!("顺丰"), &json!("SF1234")));
        assert_eq!(ships(&operator, &[&order]).await.refused(), (409, "wrong_state"), "once");
        for _ in 0..2 {
            let received = buyer.put(&path(&order, "/receive"), Value::Null).await.ok();
            assert_eq!(status_codes(&received), ["1", "1", "2"]);
        }
        same_json("order_received", &buyer.order(&order).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_parcels_is_shipped_completely_or_not_at_all() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(10).await);
        let (good, unpaid) = (on_delivery(buyer, &sku).await, buyer.buys(&sku, 1).await);
        let none = json!({ "id": "NO.1" });
        let before = shop.all_rows().await;
        for (orders, refusal) in [
            (vec![&good, &unpaid], (409, "wrong_state")),
            (vec![&good, &good], (409, "wrong_state")),
            (vec![&good, &none], (404, "not_found")),
            (vec![], (400, "bad_request")),
            (vec![&none; 501], (400, "bad_request")),
        ] {
            assert_eq!(ships(&operator, &orders).await.refused(), refusal);
        }
        for (field, value) in [("shippingName", ""), ("shippingCode", "c\u{0}"), ("id", "NO. 1"), ("id", "")]
        {
            let mut wrong = parcel(&good);
            wrong[field] = json!(value);
            let reply = operator.post("/api/order/batchSend", json!([parcel(&good), wrong])).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{field} {value:?}");
        }
        assert_eq!(shop.all_rows().await, before);
        ships(&operator, &[&good]).await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_fifteen_days_a_parcel_counts_as_received() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(10).await);
        let order = paid(shop, buyer, &sku).await;
        ships(&operator, &[&order]).await.ok();
        shop.pass(15 * DAY - Duration::from_secs(1)).await;
        assert_eq!(status_codes(&buyer.order(&order).await), ["0", "1", "1"]);
        shop.pass(Duration::from_secs(1)).await;
        let order = buyer.order(&order).await;
        assert_eq!(status_codes(&order), ["1", "1", "2"]);
        assert_eq!(order["events"].as_array().unwrap().last().unwrap()["actor"], "shop");
        buyer.put(&path(&order, "/receive"), Value::Null).await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_on_delivery_is_paid_when_it_is_received() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(10).await);
        let order = on_delivery(buyer, &sku).await;
        ships(&operator, &[&order]).await.ok();
        let order = buyer.order(&order).await;
        assert_eq!((status_codes(&order), &order["payTime"]), (["0", "0", "1"], &Value::Null));
        let order = buyer.put(&path(&order, "/receive"), Value::Null).await.ok();
        assert_eq!(status_codes(&order), ["1", "1", "2"]);
        assert_eq!(order["payTime"], order["endTime"]);
        assert!(order["payTime"].is_string());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_finished_order_can_be_deleted_and_its_buyer_no_longer_sees_it() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(10).await);
        let unpaid = buyer.buys(&sku, 1).await;
        let shipped = on_delivery(buyer, &sku).await;
        assert_eq!(buyer.delete(&path(&shipped, "")).await.refused(), (409, "wrong_state"));
        ships(&operator, &[&shipped]).await.ok();
        for order in [&unpaid, &shipped] {
            assert_eq!(buyer.delete(&path(order, "")).await.refused(), (409, "wrong_state"));
        }
        buyer.put(&path(&unpaid, "/cancel"), Value::Null).await.ok();
        buyer.put(&path(&shipped, "/receive"), Value::Null).await.ok();
        for order in [&unpaid, &shipped] {
            buyer.delete(&path(order, "")).await.ok();
            assert_eq!(buyer.get(&path(order, "")).await.refused(), (404, "not_found"));
            assert_eq!(buyer.delete(&path(order, "")).await.refused(), (404, "not_found"));
        }
        assert_eq!(buyer.get("/api/order/user/list").await.ok()["total"], 0);
        assert_eq!(
            shop.rows::<(i64,)>("select count(*) from tb_order").await,
            [(2,)],
            "the row stays in the database"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_is_on_its_tab() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(2).await;
        let (buyer, sku) = (&buyers[0], shop.sku(100).await);
        let closed = buyer.buys(&sku, 1).await;
        buyer.put(&path(&closed, "/cancel"), Value::Null).await.ok();
        let completed = on_delivery(buyer, &sku).await;
        let shipped = on_delivery(buyer, &sku).await;
        ships(&operator, &[&completed, &shipped]).await.ok();
        buyer.put(&path(&completed, "/receive"), Value::Null).await.ok();
        let (cash, online) = (on_delivery(buyer, &sku).await, paid(shop, buyer, &sku).await);
        let unpaid = buyer.buys(&sku, 1).await;
        let newest_first = [&unpaid, &online, &cash, &shipped, &completed, &closed];
        for (tab, wanted) in [
            ("", newest_first.to_vec()),
            ("?status=all", newest_first.to_vec()),
            ("?status=unpaid", vec![&unpaid]),
            ("?status=unshipped", vec![&online, &cash]),
            ("?status=shipped", vec![&shipped]),
            ("?status=completed", vec![&completed]),
            ("?status=closed", vec![&closed]),
            ("?status=returned", vec![]),
            ("?size=2", newest_first[..2].to_vec()),
            ("?size=2&page=3", newest_first[4..].to_vec()),
            ("?size=2&page=4", vec![]),
        ] {
            let page = buyer.get(&format!("/api/order/user/list{tab}")).await.ok();
            let listed: Vec<&Value> =
                page["list"].as_array().unwrap().iter().map(|order| &order["id"]).collect();
            let wanted: Vec<&Value> = wanted.iter().map(|order| &order["id"]).collect();
            assert_eq!(listed, wanted, "{tab}");
            assert!(tab.contains("size") || page["total"] == wanted.len(), "{tab}");
        }
        same_json("order_list", &buyer.get("/api/order/user/list?size=1").await.ok());
        assert_eq!(buyers[1].get("/api/order/user/list").await.ok(), json!({ "total": 0, "list": [] }));
        for wrong in ["status=paid", "status=0", "page=0", "size=1000", "page=x"] {
            let reply = buyer.get(&format!("/api/order/user/list?{wrong}")).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{wrong}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_or_moves_anothers_order() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(2).await;
        let sku = shop.sku(10).await;
        let order = buyers[0].buys(&sku, 1).await;
        let id = order["id"].as_str().unwrap();
        let before = shop.all_rows().await;
        for other in [&buyers[1], &operator] {
            for (method, path) in [
                (Method::GET, path(&order, "")),
                (Method::DELETE, path(&order, "")),
                (Method::PUT, path(&order, "/cancel")),
                (Method::PUT, path(&order, "/receive")),
                (Method::POST, format!("/api/weixin/pay/create/native?outtradeno={id}")),
                (Method::GET, format!("/api/weixin/pay/create/native?outtradeno={id}")),
                (Method::GET, format!("/api/weixin/pay/status/query?outtradeno={id}")),
            ] {
                let reply = read(other.request(method.clone(), &path)).await;
                assert_eq!(reply.refused(), (404, "not_found"), "{method} {path}");
            }
        }
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}
