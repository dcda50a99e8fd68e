//! Getting a code to pay with.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use changgou::infra::settings::Settings;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::shop::Shop;
use crate::support::wechat::UNIFIEDORDER;
use crate::support::wechat_proxy::{ProxyFault, WechatProxy};

const HOUR: Duration = Duration::from_secs(3600);

fn open_for_a_day(settings: &mut Settings) {
    settings.rules.pay_within = 24 * HOUR;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_amount_comes_from_the_order_and_from_nowhere_else() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 3).await;
        let id = order["id"].as_str().unwrap();
        for smuggled in ["total_fee=1", "money=1", "out_trade_no=1"] {
            let path = format!("/api/weixin/pay/create/native?outtradeno={id}&{smuggled}");
            let reply = buyer.post(&path, Value::Null).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{smuggled}");
        }
        let code = buyer.asks_for_code(&order).await;
        assert_eq!(code["total_fee"], order["payMoney"]);

        let number = code["out_trade_no"].as_str().unwrap();
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_-|*".contains(&byte);
        assert!((6..=32).contains(&number.len()) && number.bytes().all(legal), "{number}");
        let trade = shop.trade(number).await;
        assert_eq!(trade["total_fee"], order["payMoney"]);
        assert_eq!(trade["code_url"], code["code_url"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_06_fifty_tabs_at_once_show_one_code_of_one_attempt() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            let order = buyer.buys(&sku, 1).await;
            // WeChat answers slowly, so that everybody asks before the first answer.
            shop.faults(json!([{ "on": "unifiedorder", "kind": "hang", "seconds": 1 }])).await;
            let (mut tabs, start) = (JoinSet::new(), Arc::new(tokio::sync::Barrier::new(50)));
            for _ in 0..50 {
                let (buyer, order, start) = (buyer.clone(), order.clone(), start.clone());
                tabs.spawn(async move {
                    start.wait().await;
                    buyer.asks_for_code(&order).await.to_string()
                });
            }
            let codes: HashSet<String> = tabs.join_all().await.into_iter().collect();
            assert_eq!(codes.len(), 1, "{codes:?}");
            assert_eq!(proxy.sent(UNIFIEDORDER).len(), 1);
            assert_eq!(shop.trades().await.len(), 1);
            let again = buyer.asks_for_code(&order).await.to_string();
            assert!(codes.contains(&again), "a reload shows the same code");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tab_that_looked_before_the_code_came_does_not_replace_it() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(100).await);
            let mut orders = Vec::new();
            for _ in 0..25 {
                orders.push(buyer.buys(&sku, 1).await);
            }
            // WeChat answers at once, so that some look before the first is done and ask after it.
            for order in &orders {
                let (mut tabs, start) = (JoinSet::new(), Arc::new(tokio::sync::Barrier::new(12)));
                for _ in 0..12 {
                    let (buyer, order, start) = (buyer.clone(), order.clone(), start.clone());
                    tabs.spawn(async move {
                        start.wait().await;
                        buyer.asks_for_code(&order).await.to_string()
                    });
                }
                let codes: HashSet<String> = tabs.join_all().await.into_iter().collect();
                assert_eq!(codes.len(), 1, "{codes:?}");
            }
            assert_eq!(proxy.sent(UNIFIEDORDER).len(), orders.len());
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_buyers_order_does_not_exist() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let order = buyers[0].buys(&shop.sku(10).await, 1).await;
        let id = order["id"].as_str().unwrap();
        assert_eq!(buyers[1].tries_to_pay(&order).await.refused(), (404, "not_found"));
        let path = format!("/api/weixin/pay/status/query?outtradeno={id}");
        assert_eq!(buyers[1].get(&path).await.refused(), (404, "not_found"));
        assert_eq!(buyers[1].cancels(&order).await.refused(), (404, "not_found"));
        assert_eq!(shop.stranger().tries_to_pay(&order).await.refused(), (401, "login_required"));
        assert!(shop.trades().await.is_empty());
        assert!(buyers[0].is_waiting(&order).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_04_a_code_of_two_hours_ago_is_renewed_under_the_same_number() {
    let proxy = WechatProxy::new().await;
    let change = |settings: &mut Settings| {
        open_for_a_day(settings);
        proxy.tap(settings);
    };
    Shop::run_with(change, async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 1).await;
        let first = buyer.asks_for_code(&order).await;
        shop.pass(HOUR).await;
        assert_eq!(buyer.asks_for_code(&order).await, first, "still good");

        shop.pass(HOUR).await;
        let second = buyer.asks_for_code(&order).await;
        assert_ne!(second["code_url"], first["code_url"]);
        assert_eq!(second["out_trade_no"], first["out_trade_no"]);
        let asked = proxy.sent(UNIFIEDORDER);
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[0], asked[1], "the bytes that were written down");
        assert!(!shop.phone_tries(first["code_url"].as_str().unwrap()).await);
        shop.phone_pays(second["code_url"].as_str().unwrap()).await;
        assert!(buyer.is_paid(&order).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_not_payable_online_gets_no_code() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        buyer.puts_in_cart(&sku, 1).await;
        let on_delivery = buyer.post("/api/order", json!({ "payType": "0" })).await.ok();
        assert_eq!(buyer.tries_to_pay(&on_delivery).await.refused(), (409, "wrong_state"));
        let closed = buyer.buys(&sku, 1).await;
        buyer.cancels(&closed).await.ok();
        assert_eq!(buyer.tries_to_pay(&closed).await.refused(), (409, "order_closed"));
        assert!(shop.trades().await.is_empty());

        let paid = buyer.buys(&sku, 1).await;
        let code = buyer.asks_for_code(&paid).await;
        shop.phone_pays(code["code_url"].as_str().unwrap()).await;
        assert_eq!(buyer.tries_to_pay(&paid).await.refused(), (409, "already_paid"));
        assert_eq!(shop.trades().await.len(), 1);
    })
    .await;
}

/// Faults of WeChat, before and after it executed the call.
const NO_ANSWERS: [&str; 5] =
    ["http_500", "system_error_before", "system_error_after", "drop_answer_after", "bad_signature"];

#[tokio::test(flavor = "multi_thread")]
async fn case_01_a_call_without_an_answer_is_repeated_with_the_same_bytes() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            for kind in NO_ANSWERS {
                let order = buyer.buys(&sku, 1).await;
                shop.once("unifiedorder", kind).await;
                let before = proxy.sent(UNIFIEDORDER).len();
                let reply = buyer.tries_to_pay(&order).await;
                assert_eq!(reply.refused(), (503, "payment_unavailable"), "{kind}");
                assert!(reply.headers.contains_key("retry-after"), "{kind}");
                let number = buyer.payment_status(&order).await["out_trade_no"].clone();

                let code = buyer.asks_for_code(&order).await;
                assert_eq!(code["out_trade_no"], number, "{kind}");
                let asked = proxy.sent(UNIFIEDORDER).split_off(before);
                assert_eq!(asked.len(), 2, "{kind}");
                assert_eq!(asked[0], asked[1], "{kind}");
                shop.phone_pays(code["code_url"].as_str().unwrap()).await;
                assert!(buyer.is_paid(&order).await, "{kind}");
            }
            assert_eq!(shop.trades().await.len(), NO_ANSWERS.len());
        },
    )
    .await;
}

/// Takes ten real seconds, the shop's timeout for WeChat.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_to_a_hanging_wechat_times_out() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.sku(10).await;
        let (asking, leaving) = (buyers[0].buys(&sku, 1).await, buyers[1].buys(&sku, 1).await);
        buyers[1].asks_for_code(&leaving).await;
        let hang = |on: &str| json!({ "on": on, "kind": "hang", "seconds": 60, "times": 1 });
        shop.faults(json!([hang("unifiedorder"), hang("closeorder")])).await;
        let (refused, cancelled) = tokio::join!(buyers[0].tries_to_pay(&asking), buyers[1].cancels(&leaving));
        assert_eq!(refused.refused(), (503, "payment_unavailable"));
        assert_eq!(cancelled.status, 202);
        assert_eq!(buyers[0].stock_of(&sku).await, (8, 2), "nothing is given back");

        let code = buyers[0].asks_for_code(&asking).await;
        assert!(shop.phone_tries(code["code_url"].as_str().unwrap()).await);
        shop.deliver().await;
        shop.work().await;
        assert!(buyers[0].is_paid(&asking).await);
        assert!(buyers[1].is_closed(&leaving).await, "closed by itself");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_connection_to_wechat_the_order_is_kept() {
    let dead = |settings: &mut Settings| {
        settings.wechat.as_mut().unwrap().base_url = "http://127.0.0.1:9".to_owned();
    };
    Shop::run_with(dead, async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 1).await;
        for _ in 0..2 {
            assert_eq!(buyer.tries_to_pay(&order).await.refused(), (503, "payment_unavailable"));
        }
        assert_eq!(buyer.payment_status(&order).await["trade_state"], "NOTPAY");
        shop.pass(2 * HOUR).await;
        assert!(buyer.is_waiting(&order).await, "who knows what WeChat knows");
        assert_eq!(buyer.stock_of(&sku).await, (9, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_03_a_number_that_was_closed_at_wechat_is_replaced() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            let order = buyer.buys(&sku, 1).await;
            proxy.sets_fault(ProxyFault::Lost(UNIFIEDORDER));
            buyer.tries_to_pay(&order).await.refused();
            proxy.sets_fault(ProxyFault::None);
            // The trade is closed on the merchant platform before the buyer asks again.
            let lost = proxy.sent(UNIFIEDORDER).remove(0);
            proxy.delivers_late(UNIFIEDORDER, &lost).await;
            let first = buyer.payment_status(&order).await["out_trade_no"].clone();
            shop.closes_at_wechat(first.as_str().unwrap()).await;

            let code = buyer.asks_for_code(&order).await;
            assert_ne!(code["out_trade_no"], first);
            shop.phone_pays(code["code_url"].as_str().unwrap()).await;
            assert!(buyer.is_paid(&order).await);
            let states: Vec<Value> =
                shop.trades().await.iter().map(|trade| trade["trade_state"].clone()).collect();
            assert_eq!(states, ["SUCCESS", "CLOSED"]);
        },
    )
    .await;
}
