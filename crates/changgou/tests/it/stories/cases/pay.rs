//! Asking WeChat for a code when WeChat's state of the trade differs from the shop's.

use std::time::Duration;

use changgou::infra::settings::Settings;
use serde_json::json;

use crate::support::shop::{Platform, Shop};
use crate::support::wechat::text;

/// WeChat's errors for a known number with other parameters.
const OTHER_PARAMETERS: [&str; 2] = ["OUT_TRADE_NO_USED", "INVALID_REQUEST"];

/// The first call is executed without an answer, the next is refused with this code.
async fn comes_again_otherwise(shop: &Shop, code: &str) {
    let unanswered = json!({ "on": "unifiedorder", "kind": "system_error_after", "times": 1 });
    let refused = json!({ "on": "unifiedorder", "kind": "refuse", "code": code, "times": 1 });
    shop.faults(json!([unanswered, refused])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_02_a_number_with_other_parameters_at_wechat_is_closed_there_and_replaced() {
    for code in OTHER_PARAMETERS {
        let story = async |shop: &Shop| {
            let buyer = shop.buyer().await;
            let order = buyer.buys(&shop.sku(10).await, 1).await;
            comes_again_otherwise(shop, code).await;
            assert_eq!(buyer.tries_to_pay(&order).await.refused(), (503, "payment_unavailable"));
            let first = text(&buyer.payment_status(&order).await["out_trade_no"]);

            let fresh = buyer.asks_for_code(&order).await;
            assert_ne!(fresh["out_trade_no"], first.as_str());
            assert_eq!(shop.trade(&first).await["trade_state"], "CLOSED", "{code}: nobody pays it too");
            shop.phone_pays(&text(&fresh["code_url"])).await;
            assert!(buyer.is_paid(&order).await, "{code}");
        };
        Shop::run(&story).await;
        Shop::run_v3(Platform::PublicKey, &story).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_02_a_number_that_was_paid_meanwhile_is_not_replaced() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        comes_again_otherwise(shop, OTHER_PARAMETERS[0]).await;
        assert_eq!(buyer.tries_to_pay(&order).await.status, 503);
        let number = text(&buyer.payment_status(&order).await["out_trade_no"]);
        shop.control(reqwest::Method::POST, "/sim/pay", json!({ "out_trade_no": number })).await;
        assert_eq!(buyer.tries_to_pay(&order).await.refused(), (409, "already_paid"));
        assert!(buyer.is_paid(&order).await, "closing found the money");
        assert_eq!(shop.trades().await.len(), 1);
    })
    .await;
}

/// WeChat answers ORDERPAID if a code is renewed while it is paid.
#[tokio::test(flavor = "multi_thread")]
async fn case_03_an_order_that_is_paid_when_its_code_is_renewed_is_paid() {
    let all_day = |settings: &mut Settings| settings.rules.pay_within = Duration::from_secs(86_400);
    let story = async |shop: &Shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        buyer.asks_for_code(&order).await;
        shop.always("notice", "drop").await;
        // Old enough to be renewed, young enough to be paid.
        shop.clock.advance(Duration::from_secs(118 * 60));
        shop.wechat.advance(Duration::from_secs(118 * 60)).await;
        shop.once("unifiedorder", "paid_meanwhile").await;
        assert_eq!(buyer.tries_to_pay(&order).await.refused(), (409, "already_paid"));
        assert!(buyer.is_paid(&order).await);
        assert_eq!(shop.trades().await.len(), 1);
    };
    Shop::run_with(all_day, &story).await;
    Shop::run_v3_with(Platform::Certificates, all_day, &story).await;
}

/// An order keeps the price it was placed for: a code that is shown stays valid.
#[tokio::test(flavor = "multi_thread")]
async fn case_05_a_price_that_changes_while_a_code_is_live_changes_only_later_orders() {
    Shop::run(async |shop| {
        let (buyer, operator) = (shop.buyer().await, shop.operator().await);
        let sku = operator.puts_up(json!({ "price": 20_000 })).await;
        let order = buyer.buys(&sku, 1).await;
        let code = buyer.asks_for_code(&order).await;
        operator.put(&format!("/api/sku/{sku}"), json!({ "price": 15_000 })).await.ok();
        assert_eq!(buyer.asks_for_code(&order).await, code, "the same code, the same amount");
        shop.phone_pays(&text(&code["code_url"])).await;
        let paid = buyer.order(&order).await;
        assert_eq!((&paid["payStatus"], &paid["payMoney"]), (&json!("1"), &json!(20_000)));
        assert_eq!(buyer.buys(&sku, 1).await["payMoney"], 15_000);
        assert!(shop.flags().await.is_empty());
    })
    .await;
}

/// Two orders for the same goods are two orders: both stay paid, and the buyer returns one.
#[tokio::test(flavor = "multi_thread")]
async fn case_34_a_buyer_who_pays_twice_has_two_orders_and_can_return_one() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let (first, second) = (buyer.buys(&sku, 1).await, buyer.buys(&sku, 1).await);
        for order in [&first, &second] {
            buyer.pays(shop, order).await;
        }
        assert!(buyer.is_paid(&first).await && buyer.is_paid(&second).await);
        assert!(shop.flags().await.is_empty(), "nothing WeChat could know of");
        buyer.asks_for_refund(&second).await.ok();
        shop.work().await;
        shop.pass(Duration::from_secs(60)).await;
        assert_eq!(buyer.history(&second).await.last().unwrap(), "refunded");
        assert!(buyer.is_paid(&first).await);
        assert_eq!(buyer.stock_of(&sku).await, (9, 1));
    })
    .await;
}
