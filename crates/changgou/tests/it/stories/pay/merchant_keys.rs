//! The merchant's keys change while buyers pay: the `APIv2` key, which signs every message of v2, and the `APIv3`
//! key, which encrypts notices.

use std::time::Duration;

use changgou::cli::serve::RunningShop;
use changgou::infra::settings::Settings;
use changgou::worker::due_work;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::notice_proxy::NoticeProxy;
use crate::support::notice_target::notices_counted;
use crate::support::scan::{ANN, CALLBACK};
use crate::support::shop::{Person, Platform, Shop};
use crate::support::wechat::{KEY, NOTICES, notice, sealed, text};
use crate::support::wechat_proxy::WechatProxy;

const NEW: &str = "fedcba9876543210fedcba9876543210";
const SECOND: Duration = Duration::from_secs(1);

/// Settings during the change: both keys.
fn both_keys(settings: &mut Settings) {
    let account = settings.wechat.as_mut().unwrap();
    (account.api_key, account.api_key_old) = (Some(NEW.to_owned()), Some(KEY.to_owned()));
}

/// Settings after the change: the new key only.
fn new_key(settings: &mut Settings) {
    let account = settings.wechat.as_mut().unwrap();
    (account.api_key, account.api_key_old) = (Some(NEW.to_owned()), None);
}

impl Shop {
    /// Sets a new key on the merchant platform.
    async fn changes_key_at_wechat(&self) {
        self.control(Method::PUT, "/sim/merchant", json!({ "api_key": NEW })).await;
    }

    /// Starts a node with changed settings; notices go to it from now on.
    async fn restarts(&self, proxy: &NoticeProxy, change: fn(&mut Settings)) -> RunningShop {
        let node = self.node(change).await;
        proxy.forwards_to(&format!("http://{}{NOTICES}", node.address));
        node
    }
}

/// Runs the worker of this node.
async fn works(node: &RunningShop) {
    while due_work::step(&node.app).await.expect("work can be claimed") > 0 {}
}

/// A buyer orders and pays, and the notice arrives; another order is cancelled and closed at WeChat.
async fn buys_and_pays(shop: &Shop, buyer: &Person, sku: &str, when: &str) {
    let order = buyer.buys(sku, 1).await;
    let code = buyer.asks_for_code(&order).await;
    shop.phone_pays(&text(&code["code_url"])).await;
    assert!(buyer.is_paid(&order).await, "{when}");
    let order = buyer.buys(sku, 1).await;
    buyer.asks_for_code(&order).await;
    buyer.cancels(&order).await.ok();
    assert!(buyer.is_closed(&order).await, "{when}");
}

/// An order whose stored request is signed with the key of `node`; WeChat accepted it, the answer was lost.
async fn unanswered(shop: &Shop, buyer: &Person, sku: &str) -> Value {
    let order = buyer.buys(sku, 1).await;
    shop.once("unifiedorder", "drop_answer_after").await;
    assert_eq!(buyer.tries_to_pay(&order).await.status, 503);
    order
}

/// The right sequence: the shop knows both keys before WeChat changes, and no payment fails.
#[tokio::test(flavor = "multi_thread")]
async fn case_56_a_new_key_that_the_shop_knows_first_loses_no_payment() {
    let proxy = NoticeProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (buyers, sku) = (shop.people(8).await.1, shop.sku(1000).await);
            buys_and_pays(shop, &buyers[0], &sku, "before").await;
            let stored = unanswered(shop, &buyers[0], &sku).await;
            let number = text(&buyers[0].payment_status(&stored).await["out_trade_no"]);

            let node = shop.restarts(&proxy, both_keys).await;
            let there: Vec<Person> = buyers.iter().map(|buyer| buyer.at_node(&node)).collect();
            let crowd = |when| join_all(there.iter().map(|buyer| buys_and_pays(shop, buyer, &sku, when)));
            crowd("WeChat knows the old one alone").await;

            // A notice signed with the old key is under way when the key changes.
            let told_late = there[1].buys(&sku, 1).await;
            let code = there[1].asks_for_code(&told_late).await;
            let slow = json!({ "on": "notice", "kind": "delay", "seconds": 60, "out_trade_no": code["out_trade_no"] });
            shop.faults(json!([slow])).await;
            shop.phone_pays(&text(&code["code_url"])).await;
            assert!(there[1].is_waiting(&told_late).await);
            tokio::join!(crowd("it changes"), shop.changes_key_at_wechat());
            shop.sleeps(60 * SECOND).await;
            assert!(there[1].is_paid(&told_late).await);
            let by_old = node.app.gateway.fallback_stats().old_key;
            assert!(by_old > 0, "what the old key signed was counted");
            crowd("WeChat knows the new one alone").await;
            assert_eq!(node.app.gateway.fallback_stats().old_key, by_old, "it may go");

            // A request stored under the old key is sent with the same parameters and a new signature.
            let code = there[0].asks_for_code(&stored).await;
            assert_eq!(text(&code["out_trade_no"]), number);
            shop.phone_pays(&text(&code["code_url"])).await;
            assert!(there[0].is_paid(&stored).await);

            let after = shop.restarts(&proxy, new_key).await;
            let last = buyers[0].at_node(&after);
            buys_and_pays(shop, &last, &sku, "the old key is gone").await;
            refuses_the_old_key(shop, &proxy, &last, &sku).await;
            assert!(shop.flags().await.is_empty());
            node.stop().await.unwrap();
            after.stop().await.unwrap();
        },
    )
    .await;
}

/// A notice signed with the old key is refused.
async fn refuses_the_old_key(shop: &Shop, proxy: &NoticeProxy, buyer: &Person, sku: &str) {
    let order = buyer.buys(sku, 1).await;
    let code = buyer.asks_for_code(&order).await;
    let told = notice(&text(&code["out_trade_no"]), order["payMoney"].as_i64().unwrap());
    let before = notices_counted(shop, "wrong_signature").await;
    let sent = shop.http.post(proxy.url(NOTICES)).body(sealed(&told, KEY)).send().await.unwrap();
    assert_eq!(sent.status(), 400);
    assert!(notices_counted(shop, "wrong_signature").await > before);
    assert!(buyer.is_waiting(&order).await);
}

/// The wrong sequence: WeChat changes first. The shop gets no code until it knows the new key, and no payment is
/// lost.
#[tokio::test(flavor = "multi_thread")]
async fn case_56_a_new_key_that_the_shop_learns_late_costs_minutes_and_loses_no_payment() {
    let proxy = NoticeProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (_, buyers) = shop.people(3).await;
            let sku = shop.sku(100).await;
            let (shown, stored, fresh) = (
                buyers[0].buys(&sku, 1).await,
                unanswered(shop, &buyers[1], &sku).await,
                buyers[2].buys(&sku, 1).await,
            );
            let code = buyers[0].asks_for_code(&shown).await;
            shop.changes_key_at_wechat().await;
            shop.phone_pays(&text(&code["code_url"])).await;
            assert!(buyers[0].is_waiting(&shown).await, "signed with a key the shop does not know");
            for (buyer, order) in [(&buyers[1], &stored), (&buyers[2], &fresh)] {
                assert_eq!(buyer.tries_to_pay(order).await.refused(), (503, "payment_unavailable"));
            }
            shop.work().await;
            assert_eq!(buyers[0].payment_status(&shown).await["trade_state"], "NOTPAY", "nor can it ask");

            let node = shop.restarts(&proxy, both_keys).await;
            shop.wechat.advance(15 * SECOND).await;
            shop.clock.advance(15 * SECOND);
            assert!(buyers[0].is_paid(&shown).await, "the notice came again");
            for (buyer, order) in [(&buyers[1], &stored), (&buyers[2], &fresh)] {
                let there = buyer.at_node(&node);
                let number = text(&there.payment_status(order).await["out_trade_no"]);
                let code = there.asks_for_code(order).await;
                assert_eq!(text(&code["out_trade_no"]), number, "under the same number");
                shop.phone_pays(&text(&code["code_url"])).await;
                assert!(there.is_paid(order).await);
            }
            assert_eq!(shop.trades().await.len(), 3);
            assert!(shop.flags().await.is_empty());
            node.stop().await.unwrap();
        },
    )
    .await;
}

/// A refund whose request is signed with the old key is paid once: signed with the new key while both are known, and
/// with a new request under the same number afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn case_56_a_refund_that_was_written_down_under_the_old_key_arrives_once() {
    for change in [both_keys as fn(&mut Settings), new_key] {
        let proxy = NoticeProxy::new().await;
        Shop::run_with(
            |settings| proxy.tap(settings),
            async |shop| {
                let buyer = shop.buyer().await;
                let order = buyer.buys(&shop.sku(10).await, 1).await;
                buyer.pays(shop, &order).await;
                let given = buyer.asks_for_refund(&order).await.ok();
                shop.once("refund", "system_error_before").await;
                shop.work().await;
                shop.changes_key_at_wechat().await;

                let node = shop.restarts(&proxy, change).await;
                for _ in 0..4 {
                    shop.sleeps(60 * SECOND).await;
                    works(&node).await;
                }
                let all = shop.control(Method::GET, "/sim/refunds", Value::Null).await["refunds"].clone();
                assert_eq!(all.as_array().unwrap().len(), 1, "{all}");
                assert_eq!(
                    (&all[0]["out_refund_no"], &all[0]["refund_fee"]),
                    (&given["outRefundNo"], &order["payMoney"])
                );
                assert_eq!(buyer.history(&order).await.last().unwrap(), "refunded");
                node.stop().await.unwrap();
            },
        )
        .await;
    }
}

/// If the old key is removed too early, no buyer waits: the old number is closed at WeChat, and the code gets a new
/// number.
#[tokio::test(flavor = "multi_thread")]
async fn case_56_a_request_signed_with_a_key_that_is_gone_gets_another_number() {
    let proxy = NoticeProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            let stored = unanswered(shop, &buyer, &sku).await;
            let first = text(&buyer.payment_status(&stored).await["out_trade_no"]);
            shop.changes_key_at_wechat().await;
            let node = shop.restarts(&proxy, new_key).await;
            let there = buyer.at_node(&node);
            let code = there.asks_for_code(&stored).await;
            assert_ne!(text(&code["out_trade_no"]), first);
            assert_eq!(shop.trade(&first).await["trade_state"], "CLOSED");
            shop.phone_pays(&text(&code["code_url"])).await;
            assert!(there.is_paid(&stored).await);
            node.stop().await.unwrap();
        },
    )
    .await;
}

/// A rejected call is sent again with the old key; only the signature differs.
#[tokio::test(flavor = "multi_thread")]
async fn case_56_a_rejected_call_goes_out_again_with_the_other_signature_alone() {
    let proxy = WechatProxy::new().await;
    let change = |settings: &mut Settings| {
        proxy.tap(settings);
        both_keys(settings);
    };
    Shop::run_with(change, async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        buyer.asks_for_code(&order).await;
        let sent = proxy.sent(crate::support::wechat::UNIFIEDORDER);
        assert_eq!(sent.len(), 2, "WeChat knows the old key alone");
        let parameters = |body: &str| {
            let mut fields = wechatpay::v2::xml::read(body.as_bytes()).unwrap();
            (fields.remove("sign"), fields)
        };
        let (new, old) = (parameters(&sent[0]), parameters(&sent[1]));
        assert!(new.0 != old.0 && new.1 == old.1, "the signature alone differs");
        shop.changes_key_at_wechat().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        buyer.asks_for_code(&order).await;
        assert_eq!(proxy.sent(crate::support::wechat::UNIFIEDORDER).len(), 3, "the new one now");
    })
    .await;
}

const NEW_V3: &str = "another-apiv3-key-of-32-letters.";

/// WeChat signs callbacks with its current key and accepts no other; codes on shelves are signed with it too.
#[tokio::test(flavor = "multi_thread")]
async fn case_56_a_scan_is_answered_with_the_key_it_was_asked_with() {
    Shop::run(async |shop| {
        let (old, sku) = (shop.code_of(&shop.sku(10).await).await, shop.sku(10).await);
        let node = shop.node(both_keys).await;
        let here = json!({ "url": format!("http://{}{CALLBACK}", node.address) });
        shop.control(Method::PUT, "/sim/native-callback", here).await;
        let scan = json!({ "link": old, "openid": ANN });
        assert_eq!(shop.control(Method::POST, "/sim/scan", scan).await["outcome"], "order");

        shop.changes_key_at_wechat().await;
        let fresh = node.app.gateway.product_link(&sku, shop.clock.now()).unwrap();
        let scan = json!({ "link": fresh, "openid": ANN });
        assert_eq!(shop.control(Method::POST, "/sim/scan", scan).await["outcome"], "order");
        node.stop().await.unwrap();
    })
    .await;
}

/// While the `APIv3` key changes, the shop decrypts notices and certificates with either key.
#[tokio::test(flavor = "multi_thread")]
async fn case_56_a_new_apiv3_key_loses_no_notice() {
    let change = |settings: &mut Settings| {
        let keys = settings.wechat.as_mut().unwrap().v3.as_mut().unwrap();
        let old = std::mem::replace(&mut keys.api_v3_key, NEW_V3.to_owned());
        keys.api_v3_key_old = Some(old);
    };
    Shop::run_v3_with(Platform::Certificates, change, async |shop| {
        let (buyers, sku) = (shop.people(4).await.1, shop.sku(100).await);
        let crowd = |when| join_all(buyers.iter().map(|buyer| buys_and_pays(shop, buyer, &sku, when)));
        crowd("WeChat has the old one").await;
        let another = shop.control(Method::PUT, "/sim/merchant", json!({ "api_v3_key": NEW_V3 }));
        tokio::join!(crowd("it changes"), another);
        let by_old = shop.running.app.gateway.fallback_stats().old_key;
        assert!(by_old > 0, "what was hidden with the old key was counted");
        crowd("WeChat has the new one").await;
        assert_eq!(shop.running.app.gateway.fallback_stats().old_key, by_old, "it may go");
        // The shop fetches an unknown certificate, encrypted with the new key.
        shop.pass(61 * SECOND).await;
        shop.control(Method::POST, "/sim/keys/rotate", json!({ "step": "replace" })).await;
        crowd("and another certificate").await;
    })
    .await;
}
