//! Closing under WeChat's own rules.

use std::time::Duration;

use serde_json::json;
use wechatpay_simulator::{CloseRule, SimulatorOptions};

use crate::support::orders::{is_closed_and_returned, is_kept};
use crate::support::shop::{Platform, Shop};
use crate::support::wechat::{CLOSEORDER, ORDERQUERY, text};
use crate::support::wechat_proxy::WechatProxy;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn case_28_a_trade_that_is_already_closed_counts_as_closed() {
    let proxy = WechatProxy::new().await;
    let story = async |shop: &Shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 2).await;
        let code = buyer.asks_for_code(&order).await;
        shop.closes_at_wechat(&text(&code["out_trade_no"])).await;
        assert_eq!(buyer.cancels(&order).await.status, 200, "done at once");
        is_closed_and_returned(&buyer, &order, &sku, (10, 0)).await;
    };
    Shop::run_with(|settings| proxy.tap(settings), &story).await;
    assert_eq!((proxy.sent(CLOSEORDER).len(), proxy.sent(ORDERQUERY).len()), (1, 0), "no doubt about it");
    Shop::run_v3(Platform::PublicKey, &story).await;
}

fn five_minutes(options: &mut SimulatorOptions) {
    options.close_rule = CloseRule::AfterFiveMinutes;
}

/// API v2 does not close a trade within five minutes. Until then the buyer can still pay, so nothing is returned.
#[tokio::test(flavor = "multi_thread")]
async fn case_30_an_order_cancelled_after_a_minute_is_closed_when_wechat_allows_it() {
    Shop::run_by(
        five_minutes,
        |_| {},
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            let order = buyer.buys(&sku, 2).await;
            let code = buyer.asks_for_code(&order).await;
            shop.pass(MINUTE).await;
            assert_eq!(buyer.cancels(&order).await.status, 202, "accepted, not done");
            for _ in 0..15 {
                shop.pass(15 * SECOND).await;
                is_kept(&buyer, &order, &sku, (8, 2)).await;
            }
            for _ in 0..2 {
                shop.pass(2 * MINUTE).await;
            }
            is_closed_and_returned(&buyer, &order, &sku, (10, 0)).await;
            assert_eq!(buyer.order(&order).await["closeReason"], "buyer");
            assert!(!shop.phone_tries(&text(&code["code_url"])).await);
        },
    )
    .await;
}

/// A buyer who cancels and then pays within the five minutes has paid.
#[tokio::test(flavor = "multi_thread")]
async fn case_30_money_that_comes_before_wechat_allows_the_close_pays() {
    Shop::run_by(
        five_minutes,
        |_| {},
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            let order = buyer.buys(&sku, 2).await;
            let code = buyer.asks_for_code(&order).await;
            shop.pass(MINUTE).await;
            assert_eq!(buyer.cancels(&order).await.status, 202);
            shop.pass(MINUTE).await;
            shop.phone_pays(&text(&code["code_url"])).await;
            for _ in 0..6 {
                shop.pass(2 * MINUTE).await;
            }
            assert!(buyer.is_paid(&order).await);
            assert_eq!(buyer.stock_of(&sku).await, (8, 2));
            assert_eq!(buyer.points().await, 10);
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_32_an_order_paid_between_the_query_and_the_close_is_paid() {
    let story = async |shop: &Shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.sku(10).await;
        let (cancelled, expiring) = (buyers[0].buys(&sku, 1).await, buyers[1].buys(&sku, 1).await);
        // A code that is created late can be paid a little longer than the order waits.
        shop.pass(58 * MINUTE).await;
        for (buyer, order) in buyers.iter().zip([&cancelled, &expiring]) {
            buyer.asks_for_code(order).await;
            assert_eq!(buyer.payment_status(order).await["trade_state"], "NOTPAY");
        }
        let no_notice = json!({ "on": "notice", "kind": "drop" });
        let meanwhile = json!({ "on": "closeorder", "kind": "paid_meanwhile", "times": 2 });
        shop.faults(json!([no_notice, meanwhile])).await;
        assert_eq!(buyers[0].cancels(&cancelled).await.refused().0, 409);
        shop.pass(2 * MINUTE).await;
        for (buyer, order) in buyers.iter().zip([&cancelled, &expiring]) {
            assert!(buyer.is_paid(order).await);
            assert_eq!(buyer.history(order).await, ["placed", "paid"]);
        }
        assert_eq!(shop.stranger().stock_of(&sku).await, (8, 2));
    };
    Shop::run(&story).await;
    Shop::run_v3(Platform::PublicKey, &story).await;
}
