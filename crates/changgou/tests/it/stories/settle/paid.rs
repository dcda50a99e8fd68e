//! A payment makes its order paid: by WeChat's notice or by a query, whichever comes first.

use std::time::Duration;

use serde_json::json;

use crate::support::shop::Shop;
use crate::support::snapshot::same_json;
use crate::support::wechat::{ORDERQUERY, UNIFIEDORDER, text};
use crate::support::wechat_proxy::{ProxyFault, WechatProxy};

#[tokio::test(flavor = "multi_thread")]
async fn the_notice_makes_the_order_paid() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 2).await;
        let code = buyer.asks_for_code(&order).await;
        shop.pass(Duration::from_secs(3)).await;
        let trade = shop.phone_pays(&text(&code["code_url"])).await;

        let paid = buyer.order(&order).await;
        assert_eq!(paid["transactionId"], trade["transaction_id"]);
        // WeChat's time_end is Beijing time: 10:00:03 there is 02:00:03 UTC.
        assert_eq!(trade["time_end"], "20261123100003");
        assert_eq!(paid["payTime"], "2026-11-23T02:00:03.000Z");
        same_json("order_paid", &paid);
        let standing = buyer.payment_status(&order).await;
        assert_eq!(standing["transaction_id"], trade["transaction_id"]);
        same_json("payment_status_paid", &standing);
        assert_eq!(buyer.stock_of(&sku).await, (8, 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_signs_with_md5_is_paid_as_well() {
    let md5 = |settings: &mut changgou::infra::settings::Settings| {
        settings.wechat_sign_type = "MD5".to_owned();
    };
    Shop::run_with(md5, async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays(&text(&code["code_url"])).await;
        assert!(buyer.is_paid(&order).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_08_a_notice_that_comes_again_and_again_counts_once() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays_silently(&text(&code["code_url"])).await;
        let number = text(&code["out_trade_no"]);
        assert_eq!(shop.resends(&number, 20).await, 20, "twenty at once, all acknowledged");
        assert_eq!(shop.resends(&number, 1).await, 1);
        shop.deliver().await;

        assert!(buyer.is_paid(&order).await);
        assert_eq!(buyer.history(&order).await, ["placed", "paid"]);
        assert_eq!(buyer.points().await, 10);
        assert!(shop.flags().await.is_empty());
        let shown = shop.shows(&order);
        assert!(shown.contains("22 copies"), "{shown}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_07_a_notice_may_overtake_the_code() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        shop.once("unifiedorder", "notice_before_prepay_answer").await;
        let reply = buyer.tries_to_pay(&order).await;
        assert_eq!(reply.refused(), (409, "already_paid"));
        assert!(buyer.is_paid(&order).await);
        assert_eq!(shop.trades().await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_17_five_seconds_after_a_lost_notice_the_shop_queries() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        shop.always("notice", "drop").await;
        let code = buyer.asks_for_code(&order).await;
        let trade = shop.phone_pays(&text(&code["code_url"])).await;
        shop.pass(Duration::from_millis(4999)).await;
        assert!(buyer.is_waiting(&order).await);
        shop.pass(Duration::from_millis(1)).await;
        let paid = buyer.order(&order).await;
        assert_eq!(paid["payStatus"], "1");
        assert_eq!(paid["transactionId"], trade["transaction_id"]);
        assert_eq!(paid["payTime"], "2026-11-23T02:00:00.000Z");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_17_queries_become_less_frequent() {
    let proxy = WechatProxy::new().await;
    let change = |settings: &mut changgou::infra::settings::Settings| {
        settings.rules.pay_within = Duration::from_secs(86_400);
        proxy.tap(settings);
    };
    Shop::run_with(change, async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.always("notice", "drop").await;
        let second = Duration::from_secs(1);
        let steps = [5, 30, 60, 180, 300, 600, 1800, 1800, 1800];
        for (asked, step) in steps.into_iter().enumerate() {
            if asked == steps.len() - 1 {
                let code = buyer.asks_for_code(&order).await;
                shop.phone_pays(&text(&code["code_url"])).await;
            }
            shop.pass(Duration::from_secs(step) - second).await;
            assert_eq!(proxy.sent(ORDERQUERY).len(), asked, "before {step} s are over");
            shop.pass(second).await;
            assert_eq!(proxy.sent(ORDERQUERY).len(), asked + 1, "after {step} s");
        }
        assert!(buyer.is_paid(&order).await);
        shop.pass(Duration::from_secs(7200)).await;
        assert_eq!(proxy.sent(ORDERQUERY).len(), steps.len(), "paid: no more questions");
        assert!(proxy.sent(ORDERQUERY)[0].contains(&text(&code["out_trade_no"])));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_return_page_queries_wechat_itself() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        assert_eq!(buyer.payment_status(&order).await["trade_state"], "NOTPAY");
        let code = buyer.asks_for_code(&order).await;
        assert_eq!(buyer.payment_status(&order).await["trade_state"], "NOTPAY");
        shop.always("notice", "drop").await;
        let trade = shop.phone_pays(&text(&code["code_url"])).await;
        assert!(buyer.is_waiting(&order).await, "the shop does not know of it yet");
        let standing = buyer.payment_status(&order).await;
        assert_eq!(standing["trade_state"], "SUCCESS");
        assert_eq!(standing["payStatus"], "1");
        assert_eq!(standing["transaction_id"], trade["transaction_id"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unclear_answer_pays_nothing() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays_silently(&text(&code["code_url"])).await;
        for kind in ["http_500", "system_error_before", "drop_answer_after", "bad_signature"] {
            shop.once("orderquery", kind).await;
            assert_eq!(buyer.payment_status(&order).await["trade_state"], "NOTPAY", "{kind}");
            assert!(buyer.is_waiting(&order).await, "{kind}");
        }
        assert_eq!(buyer.payment_status(&order).await["trade_state"], "SUCCESS");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_18_notice_poll_and_return_page_at_once_have_one_effect() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(8).await;
        let sku = shop.sku(100).await;
        for buyer in &buyers {
            let order = buyer.buys(&sku, 1).await;
            let code = buyer.asks_for_code(&order).await;
            shop.phone_pays_silently(&text(&code["code_url"])).await;
            shop.clock.advance(Duration::from_secs(5));
            let number = text(&code["out_trade_no"]);
            tokio::join!(
                shop.deliver(),
                shop.work(),
                shop.resends(&number, 4),
                buyer.payment_status(&order),
                buyer.payment_status(&order),
            );
            assert!(buyer.is_paid(&order).await);
            assert_eq!(buyer.history(&order).await, ["placed", "paid"]);
        }
        assert!(shop.flags().await.is_empty());
        assert_eq!(shop.stranger().stock_of(&sku).await, (92, 8));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_the_buyer_overtakes_is_repeated() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let buyer = shop.buyer().await;
            let order = buyer.buys(&shop.sku(10).await, 1).await;
            proxy.sets_fault(ProxyFault::Lost(UNIFIEDORDER));
            assert_eq!(buyer.tries_to_pay(&order).await.status, 503);
            proxy.sets_fault(ProxyFault::None);
            shop.pass(Duration::from_secs(5)).await;
            // WeChat does not know the attempt, and during its answer the buyer asks for the code again.
            shop.faults(json!([{ "on": "orderquery", "kind": "hang", "seconds": 1, "times": 1 }])).await;
            shop.clock.advance(Duration::from_secs(30));
            let asked_meanwhile = async {
                while proxy.sent(ORDERQUERY).len() < 2 {
                    tokio::task::yield_now().await;
                }
                buyer.asks_for_code(&order).await
            };
            let ((), code) = tokio::join!(shop.work(), asked_meanwhile);
            shop.audit().await;
            shop.always("notice", "drop").await;
            shop.phone_pays(&text(&code["code_url"])).await;
            shop.pass(Duration::from_secs(60)).await;
            assert!(buyer.is_paid(&order).await);
        },
    )
    .await;
}

/// WeChat's state of a payment is REFUND after a partial refund: it was paid.
#[tokio::test(flavor = "multi_thread")]
async fn case_24_a_payment_of_which_some_was_refunded_is_a_payment() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let buyer = shop.buyer().await;
            let order = buyer.buys(&shop.sku(10).await, 1).await;
            let code = buyer.asks_for_code(&order).await;
            shop.phone_pays_silently(&text(&code["code_url"])).await;
            proxy.sets_fault(ProxyFault::Changed(ORDERQUERY, |fields| {
                fields.insert("trade_state".to_owned(), "REFUND".to_owned());
            }));
            assert_eq!(buyer.payment_status(&order).await["payStatus"], "1");
            assert!(buyer.is_paid(&order).await);
        },
    )
    .await;
}

/// An answer with a valid signature about another trade proves nothing.
#[tokio::test(flavor = "multi_thread")]
async fn case_26_an_answer_about_another_trade_is_not_believed() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let buyer = shop.buyer().await;
            let order = buyer.buys(&shop.sku(10).await, 1).await;
            let code = buyer.asks_for_code(&order).await;
            shop.phone_pays_silently(&text(&code["code_url"])).await;
            proxy.sets_fault(ProxyFault::Changed(ORDERQUERY, |fields| {
                fields.insert("out_trade_no".to_owned(), "901234567890".to_owned());
            }));
            assert_eq!(buyer.payment_status(&order).await["payStatus"], "0");
            proxy.sets_fault(ProxyFault::None);
            assert_eq!(buyer.payment_status(&order).await["payStatus"], "1");
        },
    )
    .await;
}
