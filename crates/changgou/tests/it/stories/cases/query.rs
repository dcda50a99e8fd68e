//! Answers of WeChat to a query other than SUCCESS.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::orders::{is_closed_and_returned, is_kept};
use crate::support::shop::{Platform, Shop};
use crate::support::wechat::text;

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

/// Every query of WeChat answers with this state.
async fn tells_state(shop: &Shop, state: &str) {
    let no_notice = json!({ "on": "notice", "kind": "drop" });
    shop.faults(json!([no_notice, { "on": "orderquery", "kind": "trade_state", "state": state }])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_20_not_paid_now_may_be_paid_a_second_later() {
    let story = async |shop: &Shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.always("notice", "drop").await;
        shop.pass(5 * SECOND).await;
        assert_eq!(buyer.payment_status(&order).await["trade_state"], "NOTPAY");
        shop.pass(SECOND).await;
        shop.phone_pays(&text(&code["code_url"])).await;
        shop.pass(28 * SECOND).await;
        assert!(buyer.is_waiting(&order).await, "not asked again yet");
        shop.pass(SECOND).await;
        assert!(buyer.is_paid(&order).await);
    };
    Shop::run(&story).await;
    Shop::run_v3(Platform::PublicKey, &story).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_21_a_number_wechat_does_not_know_yet_is_asked_about_again() {
    let story = async |shop: &Shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        let unknown = json!({ "on": "orderquery", "kind": "refuse", "code": "ORDERNOTEXIST", "times": 2 });
        shop.faults(json!([unknown, { "on": "notice", "kind": "drop" }])).await;
        assert_eq!(buyer.payment_status(&order).await["trade_state"], "NOTPAY", "the return page");
        shop.pass(5 * SECOND).await;
        assert_eq!(buyer.asks_for_code(&order).await, code, "the attempt lives");
        shop.phone_pays(&text(&code["code_url"])).await;
        shop.pass(30 * SECOND).await;
        assert!(buyer.is_paid(&order).await);
        assert_eq!(shop.trades().await.len(), 1);
    };
    Shop::run(&story).await;
    Shop::run_v3(Platform::PublicKey, &story).await;
}

/// A state of 付款码 payments: the shop waits for the buyer.
#[tokio::test(flavor = "multi_thread")]
async fn case_22_the_shop_waits_for_a_buyer_who_is_paying() {
    let story = async |shop: &Shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 2).await;
        let code = buyer.asks_for_code(&order).await;
        tells_state(shop, "USERPAYING").await;
        for after in [5, 30, 60] {
            shop.pass(after * SECOND).await;
            is_kept(&buyer, &order, &sku, (8, 2)).await;
        }
        assert_eq!(buyer.asks_for_code(&order).await, code);
        shop.always("notice", "drop").await;
        shop.phone_pays(&text(&code["code_url"])).await;
        shop.pass(180 * SECOND).await;
        assert!(buyer.is_paid(&order).await);
    };
    Shop::run(&story).await;
    Shop::run_v3(Platform::PublicKey, &story).await;
}

/// After a failed payment the code can be paid until it is closed at WeChat.
#[tokio::test(flavor = "multi_thread")]
async fn case_23_after_a_failed_payment_the_code_stays_open_until_it_is_closed() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.sku(10).await;
        let (paying, leaving) = (buyers[0].buys(&sku, 1).await, buyers[1].buys(&sku, 1).await);
        let code = buyers[0].asks_for_code(&paying).await;
        let left = buyers[1].asks_for_code(&leaving).await;
        tells_state(shop, "PAYERROR").await;
        shop.pass(5 * SECOND).await;
        assert_eq!(buyers[0].asks_for_code(&paying).await, code, "the same code");
        shop.clears_faults().await;
        shop.phone_pays(&text(&code["code_url"])).await;
        assert!(buyers[0].is_paid(&paying).await);

        let failed = json!({ "on": "orderquery", "kind": "trade_state", "state": "PAYERROR" });
        shop.faults(json!([failed, { "on": "closeorder", "kind": "http_500" }])).await;
        shop.pass(HOUR).await;
        is_kept(&buyers[1], &leaving, &sku, (8, 2)).await;
        shop.clears_faults().await;
        shop.pass(600 * SECOND).await;
        is_closed_and_returned(&buyers[1], &leaving, &sku, (9, 1)).await;
        assert_eq!(shop.trade(&text(&left["out_trade_no"])).await["trade_state"], "CLOSED");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_23_a_revoked_trade_is_over_and_the_order_gets_a_new_code() {
    let story = async |shop: &Shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        tells_state(shop, "REVOKED").await;
        shop.pass(5 * SECOND).await;
        assert!(buyer.is_waiting(&order).await);
        shop.clears_faults().await;
        let fresh = buyer.asks_for_code(&order).await;
        assert_ne!(fresh["out_trade_no"], code["out_trade_no"]);
        shop.phone_pays(&text(&fresh["code_url"])).await;
        assert!(buyer.is_paid(&order).await);
    };
    Shop::run(&story).await;
    Shop::run_v3(Platform::PublicKey, &story).await;
}

/// The payment was refunded on the merchant platform before the shop knew of it.
#[tokio::test(flavor = "multi_thread")]
async fn case_24_a_payment_refunded_by_hand_before_it_was_known_is_a_payment() {
    let story = async |shop: &Shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.always("notice", "drop").await;
        shop.phone_pays(&text(&code["code_url"])).await;
        let number = text(&code["out_trade_no"]);
        let by_hand = json!({ "out_trade_no": number, "amount": 1 });
        shop.control(Method::POST, "/sim/refund", by_hand).await;
        assert_eq!(shop.trade(&number).await["trade_state"], "REFUND");
        shop.pass(5 * SECOND).await;
        assert!(buyer.is_paid(&order).await);
    };
    Shop::run(&story).await;
    Shop::run_v3(Platform::PublicKey, &story).await;
}

/// The trade was closed on the merchant platform: that ends the attempt, not the order.
#[tokio::test(flavor = "multi_thread")]
async fn case_25_a_trade_closed_at_wechat_ends_the_attempt_and_the_order_goes_on() {
    let story = async |shop: &Shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.sku(10).await;
        let mut orders = Vec::new();
        for buyer in &buyers {
            let order = buyer.buys(&sku, 1).await;
            let code = buyer.asks_for_code(&order).await;
            shop.closes_at_wechat(&text(&code["out_trade_no"])).await;
            orders.push((order, code));
        }
        shop.pass(5 * SECOND).await;
        let (order, code) = &orders[0];
        is_kept(&buyers[0], order, &sku, (8, 2)).await;
        let fresh = buyers[0].asks_for_code(order).await;
        assert_ne!(fresh["out_trade_no"], code["out_trade_no"]);
        shop.phone_pays(&text(&fresh["code_url"])).await;
        assert!(buyers[0].is_paid(order).await);

        shop.pass(HOUR).await;
        is_closed_and_returned(&buyers[1], &orders[1].0, &sku, (9, 1)).await;
    };
    Shop::run(&story).await;
    Shop::run_v3(Platform::PublicKey, &story).await;
}

/// A valid signature on an answer about another trade.
#[tokio::test(flavor = "multi_thread")]
async fn case_26_an_answer_for_another_trade_app_or_merchant_pays_nothing() {
    let story = async |shop: &Shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays_silently(&text(&code["code_url"])).await;
        for kind in ["foreign_trade", "foreign_appid", "foreign_merchant"] {
            shop.once("orderquery", kind).await;
            assert_eq!(buyer.payment_status(&order).await["payStatus"], "0", "{kind}");
        }
        assert!(shop.flags().await.is_empty());
        assert_eq!(buyer.payment_status(&order).await["payStatus"], "1");
    };
    Shop::run(&story).await;
    Shop::run_v3(Platform::PublicKey, &story).await;
}
