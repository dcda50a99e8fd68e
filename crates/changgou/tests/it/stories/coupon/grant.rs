//! Coupons are granted by rule when an order is paid, or by an operator, and never more than the template allows.

use changgou::flow::coupon_reward::GRANTS_MAX;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::shop::{Person, Shop};
use crate::support::wechat::{KEY, NOTICES, notice, sealed, text};

/// Buys one piece and asks for its code; the order and the attempt's number.
async fn asks_to_pay(buyer: &Person, sku: &str) -> (Value, String) {
    let order = buyer.buys(sku, 1).await;
    let number = text(&buyer.asks_for_code(&order).await["out_trade_no"]);
    (order, number)
}

/// WeChat's notice that this order's attempt is paid, with this transaction id.
fn paid(order: &Value, number: &str, payment: usize) -> String {
    let mut fields = notice(number, order["payMoney"].as_i64().unwrap());
    fields.insert("transaction_id".to_owned(), format!("42000099992026112312345{payment:05}"));
    sealed(&fields, KEY)
}

async fn coupons(buyer: &Person) -> usize {
    buyer.get("/api/coupon/user/list?size=100").await.ok().as_array().unwrap().len()
}

/// How many coupons were granted, by the template's counter.
async fn granted(operator: &Person, template: &str) -> i64 {
    let all = operator.get("/api/admin/coupon").await.ok();
    let own = all.as_array().unwrap().iter().find(|one| one["id"] == template).unwrap().clone();
    own["grantedNum"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_payments_grant_no_more_coupons_than_there_are() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(24).await;
        let sku = shop.sku(100).await;
        let template = operator.makes_coupons(json!({ "grantOnPaid": true, "totalNum": 7 })).await;
        let mut notices = JoinSet::new();
        for (nth, buyer) in buyers.iter().enumerate() {
            let (order, number) = asks_to_pay(buyer, &sku).await;
            let post = shop.http.post(shop.url(NOTICES)).body(paid(&order, &number, nth));
            notices.spawn(async move { post.send().await.unwrap().status().as_u16() });
        }
        assert_eq!(notices.join_all().await, [200; 24]);
        let mut have = 0;
        for buyer in &buyers {
            have += coupons(buyer).await;
        }
        assert_eq!((have, granted(&operator, &template).await), (7, 7));
        let path = format!("/api/admin/coupon/{template}/grant");
        let reply = operator.post(&path, json!({ "username": buyers[0].name })).await;
        assert_eq!(reply.refused(), (409, "coupon_exhausted"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_gets_no_more_coupons_than_the_limit() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(2).await;
        let sku = shop.sku(100).await;
        let template = operator.makes_coupons(json!({ "grantOnPaid": true, "buyerNum": 2 })).await;
        for payment in 0..4 {
            let (order, number) = asks_to_pay(&buyers[0], &sku).await;
            assert_eq!(shop.posts(paid(&order, &number, payment)).await.0, 200);
        }
        assert_eq!(coupons(&buyers[0]).await, 2);
        operator.grants(&template, &buyers[1]).await;
        assert_eq!(granted(&operator, &template).await, 3, "others get theirs");
    })
    .await;
}

/// There are many old templates, and an order gets a limited number of coupons.
#[tokio::test(flavor = "multi_thread")]
async fn exhausted_templates_do_not_block_others() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(100).await);
        let rule = |changes: Value| {
            let mut rule = json!({ "grantOnPaid": true });
            for (name, value) in changes.as_object().unwrap() {
                rule[name] = value.clone();
            }
            rule
        };
        for _ in 0..GRANTS_MAX {
            let one = operator.makes_coupons(rule(json!({ "totalNum": 1 }))).await;
            operator.grants(&one, buyer).await;
            let own = operator.makes_coupons(rule(json!({ "buyerNum": 1 }))).await;
            operator.grants(&own, buyer).await;
            operator.makes_coupons(rule(json!({ "validTo": "2026-11-23T10:01:00+08:00" }))).await;
        }
        shop.pass(std::time::Duration::from_secs(60)).await;
        let had = coupons(buyer).await;
        for _ in 0..=GRANTS_MAX {
            operator.makes_coupons(rule(json!({}))).await;
        }
        let (order, number) = asks_to_pay(buyer, &sku).await;
        assert_eq!(shop.posts(paid(&order, &number, 0)).await.0, 200);
        assert_eq!(coupons(buyer).await - had, GRANTS_MAX);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_granting_ends_what_was_granted_stays_good() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(100).await);
        let template = operator.makes_coupons(json!({ "grantOnPaid": true })).await;
        let coupon = operator.grants(&template, buyer).await;
        let path = format!("/api/admin/coupon/{template}");
        assert_eq!(operator.put(&path, json!({ "status": "2" })).await.ok()["status"], "2");

        let word = json!({ "username": buyer.name });
        let reply = operator.post(&format!("{path}/grant"), word.clone()).await;
        assert_eq!(reply.refused(), (409, "coupon_exhausted"));
        let (order, number) = asks_to_pay(buyer, &sku).await;
        assert_eq!(shop.posts(paid(&order, &number, 0)).await.0, 200);
        assert_eq!(coupons(buyer).await, 1);

        buyer.puts_in_cart(&sku, 1).await;
        let order = buyer.post("/api/order", json!({ "couponId": coupon })).await.ok();
        assert_eq!(order["couponMoney"], 1000);
        operator.put(&path, json!({ "status": "1" })).await.ok();
        operator.post(&format!("{path}/grant"), word).await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_notice_grants_one_coupon() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(100).await);
        let template = operator.makes_coupons(json!({ "grantOnPaid": true })).await;
        let order = buyer.buys(&sku, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays(&text(&code["code_url"])).await;
        assert_eq!(shop.resends(&text(&code["out_trade_no"]), 10).await, 10);
        assert!(buyer.is_paid(&order).await);
        assert_eq!((coupons(buyer).await, granted(&operator, &template).await), (1, 1));
        let told = buyer.history(&order).await.into_iter().filter(|kind| kind == "coupon_granted");
        assert_eq!(told.count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cash_on_delivery_grants_a_coupon_on_receipt() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(2).await;
        let sku = shop.sku(100).await;
        operator.makes_coupons(json!({ "grantOnPaid": true, "validDays": 100 })).await;
        let mut orders = Vec::new();
        for buyer in &buyers {
            buyer.puts_in_cart(&sku, 1).await;
            let order = buyer.post("/api/order", json!({ "payType": "0" })).await.ok();
            let parcel = json!([{ "id": order["id"], "shippingName": "顺丰", "shippingCode": "SF1" }]);
            operator.post("/api/order/batchSend", parcel).await.ok();
            assert_eq!(coupons(buyer).await, 0, "it is not paid yet");
            orders.push(order);
        }
        // One buyer confirms the delivery; the other order is completed by time.
        for _ in 0..2 {
            let receive = format!("/api/order/{}/receive", text(&orders[0]["id"]));
            buyers[0].put(&receive, Value::Null).await.ok();
        }
        assert_eq!((coupons(&buyers[0]).await, coupons(&buyers[1]).await), (1, 0));
        shop.pass(std::time::Duration::from_secs(16 * 86_400)).await;
        assert_eq!((coupons(&buyers[0]).await, coupons(&buyers[1]).await), (1, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmatched_payment_grants_no_coupon() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(1).await);
        let template = operator.makes_coupons(json!({ "grantOnPaid": true })).await;
        let (order, number) = asks_to_pay(buyer, &sku).await;
        buyer.cancels(&order).await.ok();
        shop.buyer().await.buys(&sku, 1).await;
        assert_eq!(shop.posts(paid(&order, &number, 0)).await.0, 200);
        assert_eq!(shop.flags().await[0].0, "paid_after_close");

        let (order, number) = asks_to_pay(buyer, &shop.sku(1).await).await;
        let fields = notice(&number, order["payMoney"].as_i64().unwrap() - 1);
        assert_eq!(shop.posts(sealed(&fields, KEY)).await.0, 200);
        assert!(buyer.is_waiting(&order).await);
        assert_eq!((coupons(buyer).await, granted(&operator, &template).await), (0, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_template_is_refused_and_nothing_is_written() {
    Shop::run(async |shop| {
        let operator = shop.operator().await;
        let before = shop.all_rows().await;
        let good = json!({ "name": "券", "kind": "amount", "amount": 100, "validDays": 1 });
        let percent = json!({ "kind": "percent", "amount": null, "percent": 10, "most": 100 });
        let (far, many) = (i64::from(i32::MAX) + 1, (1..=201).collect::<Vec<_>>());
        for changes in [
            json!({ "name": "" }),
            json!({ "name": " " }),
            json!({ "name": "字".repeat(101) }),
            json!({ "name": "a\tb" }),
            json!({ "name": null }),
            json!({ "nameEn": "" }),
            json!({ "kind": "gift" }),
            json!({ "kind": null }),
            json!({ "amount": 0 }),
            json!({ "amount": -1 }),
            json!({ "amount": 1.5 }),
            json!({ "amount": "100" }),
            json!({ "amount": far }),
            json!({ "amount": null }),
            json!({ "percent": 10 }),
            json!({ "most": 10 }),
            json!({ "kind": "percent" }),
            json!({ "kind": "percent", "amount": null, "percent": 10 }),
            json!({ "kind": "percent", "amount": null, "most": 10 }),
            json!({ "minMoney": -1 }),
            json!({ "minMoney": far }),
            json!({ "grantOnPaid": true, "grantMinMoney": -1 }),
            json!({ "grantOnPaid": true, "grantMinMoney": far }),
            json!({ "grantOnPaid": "yes" }),
            json!({ "grantMinMoney": 100 }),
            json!({ "grantOnPaid": false, "grantMinMoney": 0 }),
            json!({ "scope": "brand" }),
            json!({ "scope": "sku" }),
            json!({ "scope": "category", "scopeIds": [] }),
            json!({ "scope": "all", "scopeIds": [1] }),
            json!({ "scopeIds": [1] }),
            json!({ "scope": "sku", "scopeIds": many }),
            json!({ "scope": "sku", "scopeIds": [-1] }),
            json!({ "scope": "sku", "scopeIds": ["x"] }),
            json!({ "totalNum": 0 }),
            json!({ "totalNum": far }),
            json!({ "buyerNum": 0 }),
            json!({ "buyerNum": -3 }),
            json!({ "validDays": 0 }),
            json!({ "validDays": 3661 }),
            json!({ "validDays": null }),
            json!({ "validTo": "2026-11-23T09:59:59+08:00" }),
            json!({ "validTo": "2026-11-23T10:00:00+08:00" }),
            json!({ "validTo": "tomorrow" }),
            json!({ "validFrom": "2026-13-01T00:00:00Z" }),
            json!({ "validFrom": "2026-12-24T00:00:00Z", "validTo": "2026-12-24T00:00:00Z" }),
            json!({ "validFrom": "2027-01-01T00:00:00Z" }),
            json!({ "grantedNum": 5 }),
            json!({ "status": "1" }),
            json!({ "id": "7" }),
        ] {
            let mut template = good.clone();
            for (name, value) in changes.as_object().unwrap() {
                template[name] = value.clone();
            }
            let reply = operator.post("/api/admin/coupon", template).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{changes}");
        }
        for (name, value) in [("percent", 0), ("percent", 101), ("most", 0), ("most", far)] {
            let mut template = good.clone();
            for (name, value) in percent.as_object().unwrap() {
                template[name] = value.clone();
            }
            template[name] = json!(value);
            let reply = operator.post("/api/admin/coupon", template).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{name} {value}");
        }
        for (path, body, refusal) in [
            ("/api/admin/coupon/1", json!({ "status": "2" }), (404, "not_found")),
            ("/api/admin/coupon/1", json!({ "status": "3" }), (400, "bad_request")),
            ("/api/admin/coupon/1", json!({ "status": "2", "amount": 1 }), (400, "bad_request")),
        ] {
            assert_eq!(operator.put(path, body).await.refused(), refusal);
        }
        assert_eq!(shop.all_rows().await, before);
        let template = operator.makes_coupons(json!({})).await;
        let before = shop.all_rows().await;
        let path = format!("/api/admin/coupon/{template}/grant");
        for (body, refusal) in [
            (json!({ "username": "nobody" }), (404, "not_found")),
            (json!({ "username": "" }), (400, "bad_request")),
            (json!({ "username": "x", "num": 2 }), (400, "bad_request")),
            (json!({}), (400, "bad_request")),
        ] {
            assert_eq!(operator.post(&path, body).await.refused(), refusal);
        }
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_costs_nothing_earns_no_coupon() {
    Shop::run(async |shop| {
        let (operator, mut buyers) = shop.people(1).await;
        let (buyer, sku) = (buyers.remove(0), shop.sku(10).await);
        let template = operator.makes_coupons(json!({ "amount": 12_000, "grantOnPaid": true })).await;
        let coupon = operator.grants(&template, &buyer).await;
        buyer.puts_in_cart(&sku, 10).await;
        let order = buyer.post("/api/order", json!({ "couponId": coupon })).await.ok();
        assert_eq!((&order["payMoney"], &order["payType"]), (&json!(0), &json!("0")));
        let parcel = json!([{ "id": order["id"], "shippingName": "顺丰", "shippingCode": "SF1" }]);
        operator.post("/api/order/batchSend", parcel).await.ok();
        buyer.put(&format!("/api/order/{}/receive", order["id"].as_str().unwrap()), Value::Null).await.ok();
        assert_eq!(buyer.get("/api/coupon/user/list").await.ok(), json!([]));
    })
    .await;
}
