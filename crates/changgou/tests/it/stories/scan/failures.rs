//! Scans during which an answer is lost or late.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::redis_server::with_own_redis;
use crate::support::scan::{ANN, BEN, binds, callback, signed, told};
use crate::support::shop::{Platform, Shop};
use crate::support::wechat::{UNIFIEDORDER, text};
use crate::support::wechat_proxy::WechatProxy;

/// Faults of WeChat, before and after it executed the call.
const NO_ANSWERS: [&str; 5] =
    ["http_500", "system_error_before", "system_error_after", "drop_answer_after", "bad_signature"];

#[tokio::test(flavor = "multi_thread")]
async fn after_a_lost_answer_the_next_scan_sends_the_same_bytes() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            for kind in NO_ANSWERS {
                let sku = shop.sku(10).await;
                let before = proxy.sent(UNIFIEDORDER).len();
                shop.once("unifiedorder", kind).await;
                let refused = shop.scan(&sku, ANN).await;
                assert_eq!(refused["message"], "微信支付繁忙，请稍后重新扫码", "{kind}: {refused:#}");
                let trade = shop.scan_to_pay(&sku, ANN).await;
                let asked = proxy.sent(UNIFIEDORDER).split_off(before);
                assert_eq!((asked.len(), &asked[0]), (2, &asked[1]), "{kind}");
                assert!(asked[0].contains(&format!("<product_id>{sku}</product_id>")), "{}", asked[0]);
                shop.pays_scan(&trade).await;
                assert_eq!(shop.scanned().await[0]["payStatus"], "1", "{kind}");
            }
            assert_eq!(shop.scanned().await.len(), NO_ANSWERS.len());
            assert_eq!(shop.trades().await.len(), NO_ANSWERS.len());
        },
    )
    .await;
}

/// WeChat waits five real seconds for the answer, and so the shop waits no longer for WeChat.
#[tokio::test(flavor = "multi_thread")]
async fn a_wechat_that_takes_too_long_is_answered_in_time_and_the_next_scan_has_the_order() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let sku = shop.sku(10).await;
            shop.faults(json!([{ "on": "unifiedorder", "kind": "hang", "seconds": 6, "times": 1 }])).await;
            let begun = Instant::now();
            let (status, answer) = shop.calls_back(signed(&callback(&sku, ANN))).await;
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
            assert_eq!(
                (status, told(&answer)["err_code_des"].as_str()),
                (200, "微信支付繁忙，请稍后重新扫码")
            );

            let trade = shop.scan_to_pay(&sku, ANN).await;
            assert_eq!(proxy.sent(UNIFIEDORDER).len(), 1, "what was begun went on");
            shop.pays_scan(&trade).await;
            assert_eq!(shop.scanned().await[0]["payStatus"], "1");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_wechat_refuses_is_replaced() {
    Shop::run(async |shop| {
        let sku = shop.sku(10).await;
        shop.once("unifiedorder", "drop_answer_after").await;
        assert_eq!(shop.scan(&sku, ANN).await["outcome"], "refused");
        let first = text(&shop.trades().await[0]["out_trade_no"]);
        shop.closes_at_wechat(&first).await;
        let trade = shop.scan_to_pay(&sku, ANN).await;
        assert_ne!(trade["out_trade_no"], first);
        shop.pays_scan(&trade).await;
        assert_eq!(shop.scanned().await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_without_a_v2_key_answers_no_scan_and_prints_no_code() {
    let v3_alone = |settings: &mut changgou::infra::settings::Settings| {
        settings.wechat.as_mut().unwrap().api_key = None;
    };
    Shop::run_v3_with(Platform::PublicKey, v3_alone, async |shop| {
        let sku = shop.sku(10).await;
        let before = shop.all_rows().await;
        let (status, answer) = shop.calls_back(signed(&callback(&sku, BEN))).await;
        assert_eq!((status, told(&answer)["return_msg"].as_str()), (400, "other_protocol"));
        assert_eq!(shop.all_rows().await, before);
        let path = format!("/api/admin/sku/{sku}/qr");
        let operator = shop.operator().await;
        let reply = operator.get(&path).await;
        assert_eq!(reply.refused(), (503, "payment_unavailable"));
        assert!(text(&reply.json["message"]).contains("wechat_api_key"), "{reply:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_make_one_order_of_two_scans_at_once() {
    Shop::run(async |shop| {
        let other = shop.node(|_| {}).await;
        let away = format!("http://{}{}", other.address, crate::support::scan::CALLBACK);
        for _ in 0..5 {
            let sku = shop.sku(10).await;
            let body = signed(&callback(&sku, ANN));
            let there = async {
                shop.http.post(&away).body(body.clone()).send().await.unwrap().text().await.unwrap()
            };
            let ((_, here), there) = tokio::join!(shop.calls_back(body.clone()), there);
            let (here, there) = (told(&here), told(&there));
            assert_eq!(here["prepay_id"], there["prepay_id"]);
            let trade = shop.trades().await.remove(0);
            assert_eq!(shop.stranger().stock_of(&sku).await, (9, 1));
            shop.pays_scan(&trade).await;
        }
        assert_eq!(shop.scanned().await.len(), 5);
        other.stop().await.unwrap();
    })
    .await;
}

/// A scan needs no cart, so Redis may be down.
#[tokio::test(flavor = "multi_thread")]
async fn a_scan_works_without_redis_and_keeps_the_cart() {
    with_own_redis(async |shop, server| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        binds(shop, ANN, &buyer).await;
        buyer.puts_in_cart(&sku, 2).await;
        let link = shop.code_of(&sku).await;
        let trade = shop.scan_text(&link, ANN).await["trade"].clone();
        shop.pays_scan(&trade).await;
        server.kill();
        let again = shop.scan_text(&link, ANN).await;
        assert_eq!(again["outcome"], "order", "{again:#}");
        assert_ne!(again["trade"]["out_trade_no"], trade["out_trade_no"]);
        server.again();
        assert_eq!(shop.stranger().stock_of(&sku).await, (8, 2));
    })
    .await;
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        binds(shop, ANN, &buyer).await;
        buyer.puts_in_cart(&sku, 2).await;
        shop.scan_to_pay(&sku, ANN).await;
        shop.work().await;
        let order = buyer.orders().await;
        assert_eq!((&order["items"][0]["num"], shop.stranger().stock_of(&sku).await), (&json!(2), (7, 3)));
    })
    .await;
}
