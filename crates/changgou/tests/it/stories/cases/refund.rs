//! Refunds of unusual payments, at unusual moments, and within WeChat's limits.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use wechatpay_simulator::RefundRule;

use crate::support::orders::refunded_at_wechat;
use crate::support::shop::{Person, Platform, Shop};
use crate::support::wechat::text;
use crate::support::wechat_proxy::WechatProxy;

const MINUTE: Duration = Duration::from_secs(60);

/// A paid order of two pieces.
async fn sold(shop: &Shop) -> (Person, Value) {
    let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
    let order = buyer.buys(&sku, 2).await;
    buyer.pays(shop, &order).await;
    (buyer, order)
}

fn paid(order: &Value) -> i64 {
    order["payMoney"].as_i64().unwrap()
}

/// The order's refunds as its buyer sees them: amount and state.
async fn refunds(buyer: &Person, order: &Value) -> Vec<(i64, String)> {
    let shown = buyer.order(order).await["refunds"].clone();
    let one = |refund: &Value| (refund["refundFee"].as_i64().unwrap(), text(&refund["state"]));
    shown.as_array().unwrap().iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn case_35_by_api_v3_closed_gets_a_new_number_and_abnormal_an_operator() {
    Shop::run_v3(Platform::PublicKey, async |shop| {
        let (buyer, order) = sold(shop).await;
        buyer.asks_for_refund(&order).await.ok();
        shop.once("refund", "ends_closed").await;
        shop.work().await;
        for _ in 0..4 {
            shop.pass(MINUTE).await;
        }
        let done = |state: &str| (paid(&order), state.to_owned());
        assert_eq!(refunds(&buyer, &order).await, [done("closed"), done("done")], "under another number");
        assert_eq!(refunded_at_wechat(shop, &order).await, paid(&order));

        let (buyer, order) = sold(shop).await;
        buyer.asks_for_refund(&order).await.ok();
        shop.once("refund", "ends_abnormal").await;
        shop.work().await;
        shop.pass(MINUTE).await;
        assert_eq!(refunds(&buyer, &order).await, [done("abnormal")]);
        let trouble = shop.operator().await.get("/api/admin/refund?state=trouble").await.ok();
        assert_eq!((trouble.as_array().unwrap().len(), &trouble[0]["orderId"]), (1, &order["id"]));
        assert_eq!(refunded_at_wechat(shop, &order).await, 0);
    })
    .await;
}

/// WeChat wants a minute between refunds of one payment; the shop waits and continues by itself.
#[tokio::test(flavor = "multi_thread")]
async fn case_36_a_second_refund_within_the_minute_goes_out_later() {
    Shop::run_by(
        |options| options.refund_rule = RefundRule::MinuteApart,
        |_| {},
        async |shop| {
            let ((buyer, order), operator) = (sold(shop).await, shop.operator().await);
            for _ in 0..2 {
                operator.gives_refund(&order, json!({ "amount": 100 })).await.ok();
            }
            shop.work().await;
            shop.pass(MINUTE).await;
            assert_eq!(refunded_at_wechat(shop, &order).await, 100, "the other was too soon");
            for _ in 0..11 {
                shop.pass(MINUTE).await;
            }
            assert_eq!(refunded_at_wechat(shop, &order).await, 200);
            assert_eq!(refunds(&buyer, &order).await, [(100, "done".to_owned()), (100, "done".to_owned())]);
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_36_a_payment_takes_fifty_refunds_and_not_one_more() {
    Shop::run(async |shop| {
        let ((buyer, order), operator) = (sold(shop).await, shop.operator().await);
        for _ in 0..50 {
            operator.gives_refund(&order, json!({ "amount": 1 })).await.ok();
        }
        let one_more = operator.gives_refund(&order, json!({ "amount": 1 })).await;
        assert_eq!(one_more.refused(), (409, "wrong_state"), "said before WeChat has to");
        shop.work().await;
        shop.pass(MINUTE).await;
        assert_eq!(refunded_at_wechat(shop, &order).await, 50);
        assert_eq!(operator.get("/api/admin/refund?state=trouble").await.ok(), json!([]));
        assert!(buyer.is_paid(&order).await);
    })
    .await;
}

/// Neither a rate limit nor a missing answer makes a second refund.
#[tokio::test(flavor = "multi_thread")]
async fn case_37_by_api_v3_an_unknown_outcome_is_asked_again_under_the_same_number() {
    for kind in ["system_error_before", "system_error_after", "drop_answer_after", "http_429", "http_202"] {
        Shop::run_v3(Platform::PublicKey, async |shop| {
            let (buyer, order) = sold(shop).await;
            buyer.asks_for_refund(&order).await.ok();
            shop.once("refund", kind).await;
            shop.work().await;
            for _ in 0..15 {
                shop.pass(MINUTE).await;
            }
            assert_eq!(refunded_at_wechat(shop, &order).await, paid(&order), "{kind}");
            let all = shop.control(Method::GET, "/sim/refunds", Value::Null).await;
            assert_eq!(all["refunds"].as_array().unwrap().len(), 1, "{kind}");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_38_an_account_that_is_gone_needs_an_operator() {
    Shop::run(async |shop| {
        let (buyer, order) = sold(shop).await;
        buyer.asks_for_refund(&order).await.ok();
        let gone = json!({ "on": "refund", "kind": "refuse", "code": "USER_ACCOUNT_ABNORMAL", "times": 1 });
        shop.faults(json!([gone])).await;
        shop.work().await;
        let trouble = shop.operator().await.get("/api/admin/refund?state=trouble").await.ok();
        assert_eq!((trouble.as_array().unwrap().len(), &trouble[0]["state"]), (1, &json!("refused")));
        shop.pass(60 * MINUTE).await;
        assert_eq!(refunded_at_wechat(shop, &order).await, 0, "asking again would not help");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_39_a_refund_notice_may_overtake_the_answer() {
    let story = async |shop: &Shop| {
        let (buyer, order) = sold(shop).await;
        buyer.asks_for_refund(&order).await.ok();
        shop.once("refund", "notice_before_refund_answer").await;
        shop.work().await;
        shop.pass(MINUTE).await;
        assert_eq!(refunds(&buyer, &order).await, [(paid(&order), "done".to_owned())]);
        assert_eq!(buyer.history(&order).await, ["placed", "paid", "refund_opened", "refunded"]);
    };
    Shop::run(&story).await;
    Shop::run_v3(Platform::PublicKey, &story).await;
}

/// A coupon paid a part: the buyer receives less than the refund, and the order is compared with the refund.
#[tokio::test(flavor = "multi_thread")]
async fn case_40_an_order_paid_with_a_coupon_goes_back_in_parts_and_whole() {
    let story = async |shop: &Shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 2).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays_oddly(&code, json!({ "coupon": paid(&order) / 4 })).await;
        shop.deliver().await;
        let operator = shop.operator().await;
        operator.gives_refund(&order, json!({ "items": [{ "skuId": sku, "num": 1 }] })).await.ok();
        shop.work().await;
        shop.pass(MINUTE).await;
        operator.gives_refund(&order, json!({})).await.ok();
        shop.work().await;
        shop.pass(MINUTE).await;

        assert_eq!(refunded_at_wechat(shop, &order).await, paid(&order));
        let states: Vec<String> = refunds(&buyer, &order).await.into_iter().map(|(_, state)| state).collect();
        assert_eq!(states, ["done", "done"]);
        let all = shop.control(Method::GET, "/sim/refunds", Value::Null).await["refunds"].clone();
        let purse: Vec<i64> =
            all.as_array().unwrap().iter().map(|refund| refund["payer_fee"].as_i64().unwrap()).collect();
        assert_eq!(purse.iter().sum::<i64>(), paid(&order) - paid(&order) / 4, "{all}");
        assert!(shop.operator().await.get("/api/admin/refund?state=trouble").await.ok() == json!([]));
    };
    Shop::run(&story).await;
    Shop::run_v3(Platform::PublicKey, &story).await;
}

/// A refund that takes hours is queried less and less often.
#[tokio::test(flavor = "multi_thread")]
async fn case_43_queries_of_a_refund_become_less_frequent() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (buyer, order) = sold(shop).await;
            buyer.asks_for_refund(&order).await.ok();
            let hours = json!({ "on": "refund", "kind": "takes", "seconds": 3 * 3600, "times": 1 });
            shop.faults(json!([hours])).await;
            shop.work().await;
            let second = Duration::from_secs(1);
            for (asked, step) in [10, 60, 60, 60, 300, 600, 1200, 1800, 1800, 1800].into_iter().enumerate() {
                shop.pass(Duration::from_secs(step) - second).await;
                assert_eq!(proxy.sent("/pay/refundquery").len(), asked, "before {step} s are over");
                shop.pass(second).await;
                assert_eq!(proxy.sent("/pay/refundquery").len(), asked + 1, "after {step} s");
            }
            shop.always("refund_notice", "drop").await;
            for _ in 0..3 {
                shop.pass(30 * MINUTE).await;
            }
            assert_eq!(refunds(&buyer, &order).await, [(paid(&order), "done".to_owned())]);
        },
    )
    .await;
}

/// The request that locks the order first wins; the other is refused.
#[tokio::test(flavor = "multi_thread")]
async fn case_41_shipping_and_refunding_at_once_end_in_one_of_the_two() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(20).await;
        let sku = shop.sku(100).await;
        let mut kept = 0;
        for buyer in &buyers {
            let order = buyer.buys(&sku, 1).await;
            buyer.pays(shop, &order).await;
            let parcel = json!([{ "id": order["id"], "shippingName": "顺丰", "shippingCode": "SF1" }]);
            let (shipped, wanted) =
                tokio::join!(operator.post("/api/order/batchSend", parcel), buyer.asks_for_refund(&order));
            let end = (shipped.status.as_u16(), wanted.status.as_u16());
            let letters = buyer.order(&order).await;
            match end {
                (200, 202) => assert_eq!(letters["consignStatus"], "1", "shipped; the shop decides"),
                (409, 200) => assert_eq!(letters["orderStatus"], "2", "given back; it stays here"),
                other => panic!("{other:?}"),
            }
            kept += i64::from(end == (200, 202));
        }
        assert_eq!(shop.stranger().stock_of(&sku).await, (100 - kept, kept));
    })
    .await;
}

/// After a partial refund WeChat's state of the trade is REFUND, and the order is still paid.
#[tokio::test(flavor = "multi_thread")]
async fn case_42_after_a_part_refund_the_order_is_still_paid_and_ships() {
    let story = async |shop: &Shop| {
        let ((buyer, order), operator) = (sold(shop).await, shop.operator().await);
        operator.gives_refund(&order, json!({ "amount": 100 })).await.ok();
        shop.work().await;
        shop.pass(MINUTE).await;
        let number = text(&buyer.payment_status(&order).await["out_trade_no"]);
        assert_eq!(shop.trade(&number).await["trade_state"], "REFUND");
        let standing = buyer.payment_status(&order).await;
        assert_eq!((&standing["trade_state"], &standing["payStatus"]), (&json!("SUCCESS"), &json!("1")));
        assert_eq!(shop.resends(&number, 2).await, 2, "what tells of the payment again changes nothing");
        let parcel = json!([{ "id": order["id"], "shippingName": "顺丰", "shippingCode": "SF1" }]);
        operator.post("/api/order/batchSend", parcel).await.ok();
        operator.gives_refund(&order, json!({ "amount": 200 })).await.ok();
        shop.work().await;
        shop.pass(MINUTE).await;
        let done = |fen| (fen, "done".to_owned());
        assert_eq!(refunds(&buyer, &order).await, [done(100), done(200)]);
        assert_eq!(buyer.order(&order).await["consignStatus"], "1");
    };
    Shop::run(&story).await;
    Shop::run_v3(Platform::PublicKey, &story).await;
}

/// A buyer sees the refunds of their own orders only.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_shows_its_refunds_to_its_buyer() {
    Shop::run(async |shop| {
        let ((buyer, order), operator) = (sold(shop).await, shop.operator().await);
        assert_eq!(buyer.order(&order).await["refunds"], json!([]));
        let given = operator.gives_refund(&order, json!({ "amount": 100 })).await.ok();
        shop.pass(MINUTE).await;
        shop.pass(MINUTE).await;
        let seen = buyer.order(&order).await["refunds"][0].clone();
        let arrived = text(&seen["arrived"]);
        let created = text(&seen["created"]);
        assert!(created.starts_with("2026-11-23T02:0") && arrived > created, "{seen}");
        let expected = json!({
            "outRefundNo": given["outRefundNo"], "refundFee": 100, "state": "done", "reason": "协商退款",
            "created": created, "arrived": arrived,
        });
        assert_eq!(seen, expected);
        let path = format!("/api/order/{}", order["id"].as_str().unwrap());
        assert_eq!(shop.people(1).await.1[0].get(&path).await.refused(), (404, "not_found"));
        let list = buyer.get("/api/order/user/list").await.ok();
        assert!(list["list"][0]["refunds"].is_null(), "a list tells orders alone");
    })
    .await;
}
