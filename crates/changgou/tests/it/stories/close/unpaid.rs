//! Unpaid orders are closed at WeChat first; only then are stock, points and coupon returned.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::orders::{is_closed_and_returned, is_kept};
use crate::support::shop::Shop;
use crate::support::snapshot::same_json;
use crate::support::wechat::{CLOSEORDER, ORDERQUERY, UNIFIEDORDER, text};
use crate::support::wechat_proxy::{ProxyFault, WechatProxy};

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_not_paid_in_time_is_closed_and_everything_comes_back() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            let order = buyer.buys(&sku, 3).await;
            let code = buyer.asks_for_code(&order).await;
            shop.pass(HOUR - SECOND).await;
            is_kept(&buyer, &order, &sku, (7, 3)).await;
            assert!(proxy.sent(CLOSEORDER).is_empty());

            shop.pass(SECOND).await;
            is_closed_and_returned(&buyer, &order, &sku, (10, 0)).await;
            assert_eq!(proxy.sent(CLOSEORDER).len(), 1, "WeChat was told");
            assert!(!shop.phone_tries(&text(&code["code_url"])).await);
            same_json("order_expired", &buyer.order(&order).await);
            shop.pass(24 * HOUR).await;
            is_closed_and_returned(&buyer, &order, &sku, (10, 0)).await;
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_nobody_began_to_pay_closes_without_asking_wechat() {
    let dead = |settings: &mut changgou::infra::settings::Settings| {
        settings.wechat.as_mut().unwrap().base_url = "http://127.0.0.1:9".to_owned();
    };
    Shop::run_with(dead, async |shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.sku(10).await;
        let (expiring, cancelled) = (buyers[0].buys(&sku, 1).await, buyers[1].buys(&sku, 1).await);
        buyers[1].cancels(&cancelled).await.ok();
        shop.pass(HOUR).await;
        is_closed_and_returned(&buyers[0], &expiring, &sku, (10, 0)).await;
        is_closed_and_returned(&buyers[1], &cancelled, &sku, (10, 0)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_31_nothing_is_returned_until_wechat_confirms() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            for kind in [
                "http_500",
                "system_error_before",
                "system_error_after",
                "drop_answer_after",
                "bad_signature",
            ] {
                let order = buyer.buys(&sku, 2).await;
                buyer.asks_for_code(&order).await;
                // A query fails too: it would show that the trade has expired.
                let faults = [("closeorder", kind), ("orderquery", "http_500")];
                let faults = faults.map(|(on, kind)| json!({ "on": on, "kind": kind }));
                shop.faults(json!(faults)).await;
                let before = proxy.sent(CLOSEORDER).len();
                shop.clock.advance(HOUR);
                shop.work().await;
                is_kept(&buyer, &order, &sku, (8, 2)).await;
                shop.pass(5 * SECOND).await;
                is_kept(&buyer, &order, &sku, (8, 2)).await;
                assert_eq!(proxy.sent(CLOSEORDER).len() - before, 2, "{kind}: asked again");

                shop.clears_faults().await;
                shop.pass(10 * SECOND).await;
                is_closed_and_returned(&buyer, &order, &sku, (10, 0)).await;
            }
        },
    )
    .await;
}

/// A rule of API v2: no close within five minutes.
#[tokio::test(flavor = "multi_thread")]
async fn case_30_what_wechat_closes_only_later_is_closed_later() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            let order = buyer.buys(&sku, 2).await;
            buyer.asks_for_code(&order).await;
            proxy.sets_fault(ProxyFault::Changed(CLOSEORDER, |fields| {
                fields.insert("result_code".to_owned(), "FAIL".to_owned());
                fields.insert("err_code".to_owned(), "TRADE_STATE_ERROR".to_owned());
            }));
            assert_eq!(buyer.cancels(&order).await.status, 202);
            is_kept(&buyer, &order, &sku, (8, 2)).await;
            proxy.sets_fault(ProxyFault::None);
            shop.pass(SECOND).await;
            is_closed_and_returned(&buyer, &order, &sku, (10, 0)).await;
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_27_closing_finds_out_that_the_order_was_paid() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (_, buyers) = shop.people(2).await;
            let sku = shop.sku(10).await;
            shop.always("notice", "drop").await;
            let mut orders = Vec::new();
            for buyer in &buyers {
                let order = buyer.buys(&sku, 1).await;
                let code = buyer.asks_for_code(&order).await;
                shop.phone_pays(&text(&code["code_url"])).await;
                orders.push(order);
            }
            // One is cancelled by its buyer, the other expires.
            buyers[0].cancels(&orders[0]).await;
            assert_eq!(proxy.sent(CLOSEORDER).len(), 1);
            assert_eq!(proxy.sent(ORDERQUERY).len(), 1, "paid, says WeChat: how?");
            shop.pass(HOUR).await;
            for (buyer, order) in buyers.iter().zip(&orders) {
                assert!(buyer.is_paid(order).await);
                assert_eq!(buyer.history(order).await, ["placed", "paid"]);
            }
            assert_eq!(shop.stranger().stock_of(&sku).await, (8, 2));
            assert!(shop.flags().await.is_empty());
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_29_an_attempt_unknown_to_wechat_does_not_keep_the_order_open() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            let order = buyer.buys(&sku, 2).await;
            proxy.sets_fault(ProxyFault::Lost(UNIFIEDORDER));
            assert_eq!(buyer.tries_to_pay(&order).await.status, 503);
            buyer.cancels(&order).await.ok();
            assert_eq!(proxy.sent(ORDERQUERY).len(), 1, "ORDERNOTEXIST is looked into");
            is_closed_and_returned(&buyer, &order, &sku, (10, 0)).await;
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn points_of_an_unpaid_order_cannot_be_taken_before_it_closes() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(2).await;
        let sku = shop.sku(10).await;
        for (buyer, given) in [(&buyers[0], 0), (&buyers[1], 5)] {
            let order = buyer.buys(&sku, 1).await;
            let change = async |points: i64| {
                let path = format!("/api/user/points/add?username={}&points={points}", buyer.name);
                operator.post(&path, Value::Null).await
            };
            if given > 0 {
                change(given).await.ok();
            }
            assert_eq!(change(-given - 1).await.refused(), (409, "points_short"));
            assert_eq!(buyer.points().await, 10 + given);
            buyer.cancels(&order).await.ok();
            assert_eq!(buyer.points().await, given);
        }
    })
    .await;
}
