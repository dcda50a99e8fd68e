//! Paying by API v3, from the code to the paid or closed order.

use std::time::Duration;

use serde_json::json;

use crate::support::notice_target::Target;
use crate::support::program::Place;
use crate::support::shop::{Platform, Shop};
use crate::support::wechat::{V3_NOTICES, text};
use crate::support::wechat_proxy::WechatProxy;

const NATIVE: &str = "/v3/pay/transactions/native";

#[tokio::test(flavor = "multi_thread")]
async fn the_notice_makes_the_order_paid() {
    for platform in [Platform::Certificates, Platform::PublicKey] {
        Shop::run_v3(platform, async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            let order = buyer.buys(&sku, 2).await;
            let code = buyer.asks_for_code(&order).await;
            let number = text(&code["out_trade_no"]);
            let v3 = ("v3".to_owned(), "WECHATPAY2-SHA256-RSA2048".to_owned());
            assert_eq!(shop.pinned(&number).await, v3);
            let trade = shop.phone_pays(&text(&code["code_url"])).await;

            assert!(buyer.is_paid(&order).await);
            assert_eq!(buyer.order(&order).await["transactionId"], trade["transaction_id"]);
            assert_eq!(buyer.history(&order).await, ["placed", "paid"]);
            assert_eq!(buyer.stock_of(&sku).await, (8, 2));
            let told = shop.deliveries(&number).await.remove(0);
            assert_eq!((&told["status"], &told["acknowledged"]), (&json!(204), &json!(true)), "{told:#}");
            assert!(text(&told["url"]).ends_with(V3_NOTICES));
            assert!(shop.shows(&order).contains("paid"), "{}", shop.shows(&order));
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_08_a_notice_that_comes_again_and_again_counts_once() {
    Shop::run_v3(Platform::PublicKey, async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays_silently(&text(&code["code_url"])).await;
        let number = text(&code["out_trade_no"]);
        assert_eq!(shop.resends(&number, 20).await, 20, "twenty at once, all acknowledged");
        shop.deliver().await;

        assert!(buyer.is_paid(&order).await);
        assert_eq!(buyer.history(&order).await, ["placed", "paid"]);
        assert_eq!(buyer.points().await, 10);
        let shown = shop.shows(&order);
        assert!(shown.contains("21 copies"), "{shown}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_17_without_a_notice_the_shop_queries() {
    Shop::run_v3(Platform::Certificates, async |shop| {
        let buyer = shop.buyer().await;
        shop.always("notice", "drop").await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays(&text(&code["code_url"])).await;
        assert!(buyer.is_waiting(&order).await);
        shop.pass(Duration::from_secs(5)).await;
        assert!(buyer.is_paid(&order).await, "the worker asked");

        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays(&text(&code["code_url"])).await;
        assert_eq!(buyer.payment_status(&order).await["trade_state"], "SUCCESS", "the return page asked");
        assert!(buyer.is_paid(&order).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_paid_in_time_is_closed_at_wechat_first() {
    Shop::run_v3(Platform::Certificates, async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 3).await;
        let code = buyer.asks_for_code(&order).await;
        shop.faults(json!([{ "on": "closeorder", "kind": "http_500", "times": 1 }])).await;
        buyer.cancels(&order).await;
        assert!(buyer.is_waiting(&order).await, "WeChat did not confirm");
        assert_eq!(buyer.stock_of(&sku).await, (7, 3));
        shop.pass(Duration::from_secs(60)).await;
        assert!(buyer.is_closed(&order).await);
        assert_eq!(shop.trade(&text(&code["out_trade_no"])).await["trade_state"], "CLOSED");
        assert!(!shop.phone_tries(&text(&code["code_url"])).await);
        assert_eq!(buyer.stock_of(&sku).await, (10, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_32_paid_while_it_is_closed_is_paid() {
    Shop::run_v3(Platform::Certificates, async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        buyer.asks_for_code(&order).await;
        shop.once("closeorder", "paid_meanwhile").await;
        assert_eq!(buyer.cancels(&order).await.refused().0, 409);
        assert!(buyer.is_paid(&order).await);
        shop.deliver().await;
        assert_eq!(buyer.history(&order).await, ["placed", "paid"]);
    })
    .await;
}

/// After every failed answer the same request is sent again.
#[tokio::test(flavor = "multi_thread")]
async fn case_01_a_prepay_without_an_answer_is_repeated_with_the_same_bytes() {
    for kind in
        ["http_202", "http_429", "http_500", "system_error_before", "system_error_after", "bad_signature"]
    {
        let proxy = WechatProxy::new().await;
        Shop::run_v3_with(
            Platform::PublicKey,
            |settings| proxy.tap(settings),
            async |shop| {
                let buyer = shop.buyer().await;
                let order = buyer.buys(&shop.sku(10).await, 1).await;
                shop.once("unifiedorder", kind).await;
                assert_eq!(
                    buyer.tries_to_pay(&order).await.refused(),
                    (503, "payment_unavailable"),
                    "{kind}"
                );
                let code = buyer.asks_for_code(&order).await;
                let sent = proxy.sent(NATIVE);
                assert_eq!((sent.len(), &sent[0]), (2, &sent[1]), "{kind}");
                assert_eq!(shop.trades().await.len(), 1, "{kind}");
                shop.phone_pays(&text(&code["code_url"])).await;
                assert!(buyer.is_paid(&order).await, "{kind}");
            },
        )
        .await;
    }
}

/// The API belongs to the attempt: after a change of the setting, payments under way finish with the old one.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_under_way_stays_with_its_api() {
    Shop::run_v3(Platform::PublicKey, async |shop| {
        let before = shop.node(|settings| settings.wechat_protocol = changgou::infra::settings::Protocol::V2);
        let node = before.await;
        let target = Target::of(shop).await;
        let buyer = target.buyer.at_node(&node);
        let other = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&other).await;
        assert_eq!(shop.pinned(&text(&code["out_trade_no"])).await.0, "v2");
        assert_eq!(shop.pinned(&target.number).await.0, "v3");

        let again = buyer.asks_for_code(&target.order).await;
        assert_eq!(text(&again["out_trade_no"]), target.number, "one live attempt, whoever asks");
        shop.phone_pays(&text(&again["code_url"])).await;
        shop.phone_pays(&text(&code["code_url"])).await;
        assert!(buyer.is_paid(&target.order).await && buyer.is_paid(&other).await);
        node.stop().await.unwrap();
    })
    .await;
}

/// The demonstration takes all keys from its simulator.
#[tokio::test(flavor = "multi_thread")]
async fn a_demonstration_pays_by_either_api() {
    let place = Place::new();
    std::fs::write(place.folder.join("changgou.toml"), "wechat_protocol = \"v3\"\n").unwrap();
    let serving = place.serves();
    let typed = json!({ "username": "demo", "password": "demo" });
    let tokens = serving.stranger().post("/api/user/login", typed).await.ok();
    let demo = serving.stranger().with_token(tokens["accessToken"].as_str().unwrap());
    let order = demo.buys("100000003145", 1).await;
    let code = demo.asks_for_code(&order).await;
    let pay = json!({ "code_url": code["code_url"] });
    let phone = reqwest::Client::new().post(format!("http://{}/sim/pay", serving.simulator));
    assert!(phone.json(&pay).send().await.unwrap().status().is_success());
    while !demo.is_paid(&order).await {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    serving.terminate();
    let (code, log) = serving.end();
    assert!(code == Some(0) && log.contains("the certificates of API v3 are up to date"), "{log}");
    assert!(place.says(&["audit"]).contains("35 laws hold"));
}
