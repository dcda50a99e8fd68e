//! WeChat's limits of rate, time and amount.

use std::time::Duration;

use changgou::infra::settings::Settings;
use serde_json::{Value, json};

use crate::support::bills::DAY;
use crate::support::orders::refunded_at_wechat;
use crate::support::shop::{Platform, Shop};
use crate::support::wechat::{ORDERQUERY, text};
use crate::support::wechat_proxy::WechatProxy;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

const REFUND: &str = "/secapi/pay/refund";
const REFUND_V3: &str = "/v3/refund/domestic/refunds";

/// After a rate limit the shop waits ten minutes before it requests the refund again, with the same number.
async fn slows_down(shop: &Shop, proxy: &WechatProxy, path: &str, fault: Value) {
    let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
    let order = buyer.buys(&sku, 1).await;
    buyer.pays(shop, &order).await;
    buyer.asks_for_refund(&order).await.ok();
    let before = proxy.sent(path).len();
    shop.faults(json!([fault])).await;
    shop.work().await;
    for _ in 0..9 {
        shop.pass(MINUTE).await;
    }
    assert_eq!(proxy.sent(path).len() - before, 1, "it was told to wait: {fault}");
    shop.clears_faults().await;
    for _ in 0..3 {
        shop.pass(MINUTE).await;
    }
    let sent = proxy.sent(path).split_off(before);
    assert_eq!((sent.len(), &sent[0]), (2, &sent[1]), "the same bytes: {fault}");
    assert_eq!(refunded_at_wechat(shop, &order).await, order["payMoney"].as_i64().unwrap(), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn case_57_a_rate_limited_refund_is_requested_again_after_ten_minutes() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let refused = |code: &str| json!({ "on": "refund", "kind": "refuse", "code": code });
            for fault in [
                refused("FREQUENCY_LIMITED"),
                refused("INVALID_REQ_TOO_MUCH"),
                json!({ "on": "refund", "kind": "http_429" }),
            ] {
                slows_down(shop, &proxy, REFUND, fault).await;
            }
        },
    )
    .await;
    let proxy = WechatProxy::new().await;
    Shop::run_v3_with(
        Platform::PublicKey,
        |settings| proxy.tap(settings),
        async |shop| slows_down(shop, &proxy, REFUND_V3, json!({ "on": "refund", "kind": "http_429" })).await,
    )
    .await;
}

/// Buyers are asked to try again, and the worker's queries become less frequent as always: a rate limit at WeChat
/// never causes more calls.
#[tokio::test(flavor = "multi_thread")]
async fn case_57_a_rate_limit_on_codes_and_queries_causes_no_more_calls() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let buyer = shop.buyer().await;
            let order = buyer.buys(&shop.sku(10).await, 1).await;
            shop.once("unifiedorder", "http_429").await;
            let told = buyer.tries_to_pay(&order).await;
            assert_eq!(told.refused(), (503, "payment_unavailable"));
            assert!(told.headers.contains_key("retry-after"));
            let code = buyer.asks_for_code(&order).await;
            shop.phone_pays_silently(&text(&code["code_url"])).await;
            let limits = [("notice", "drop"), ("orderquery", "http_429"), ("closeorder", "http_429")];
            shop.faults(json!(limits.map(|(on, kind)| json!({ "on": on, "kind": kind })))).await;
            for _ in 0..59 {
                shop.pass(MINUTE).await;
            }
            let asked = proxy.sent(ORDERQUERY).len();
            assert!((5..=9).contains(&asked), "{asked} questions in an hour");
            shop.clears_faults().await;
            shop.pass(HOUR).await;
            assert!(buyer.is_paid(&order).await);
        },
    )
    .await;
}

/// However much is due at once, a node has a limited number of calls under way.
#[tokio::test(flavor = "multi_thread")]
async fn case_57_a_node_has_at_most_sixty_four_calls_under_way() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (buyers, sku) = (shop.people(80).await.1, shop.sku(100).await);
            for buyer in &buyers {
                let order = buyer.buys(&sku, 1).await;
                buyer.pays(shop, &order).await;
                buyer.asks_for_refund(&order).await.ok();
            }
            shop.faults(json!([{ "on": "refund", "kind": "hang", "seconds": 2 }])).await;
            shop.work().await;
            assert_eq!(proxy.sent(REFUND).len(), 80);
            let busiest = proxy.most_calls_at_once();
            assert!((32..=64).contains(&busiest), "{busiest} at once");
        },
    )
    .await;
}

/// With the virtual clock, the two hours of a code, the deadline of an order and the 24 h 4 m of WeChat's retries
/// pass at once: fifteen notices fail, the last one pays.
#[tokio::test(flavor = "multi_thread")]
async fn case_59_the_fifteenth_retry_after_a_day_and_four_minutes_still_pays() {
    let two_days = |settings: &mut Settings| settings.rules.pay_within = 24 * HOUR;
    Shop::run_with(two_days, async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.faults(json!([{ "on": "notice", "kind": "bad_signature", "times": 15 }])).await;
        shop.phone_pays(&text(&code["code_url"])).await;
        let number = text(&code["out_trade_no"]);
        // Only WeChat's clock moves: the shop gets notices, it does not query.
        let (almost, rest) = (24 * HOUR + 4 * MINUTE - SECOND, SECOND);
        shop.wechat.advance(almost).await;
        assert_eq!(shop.deliveries(&number).await.len(), 15);
        assert!(buyer.is_waiting(&order).await);
        shop.wechat.advance(rest).await;
        let told = shop.deliveries(&number).await;
        assert_eq!((told.len(), &told[0]["acknowledged"]), (16, &json!(true)));
        assert!(buyer.is_paid(&order).await);
        shop.wechat.advance(48 * HOUR).await;
        assert_eq!(shop.deliveries(&number).await.len(), 16, "acknowledged is the end");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_59_the_code_dies_after_two_hours_and_the_order_at_its_deadline() {
    let four_hours = |settings: &mut Settings| settings.rules.pay_within = 4 * HOUR;
    let story = async |shop: &Shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.pass(2 * HOUR).await;
        assert!(!shop.phone_tries(&text(&code["code_url"])).await, "the code is dead");
        assert!(buyer.is_waiting(&order).await, "the order is not");
        let fresh = buyer.asks_for_code(&order).await;
        assert_eq!(fresh["out_trade_no"], code["out_trade_no"]);
        shop.pass(2 * HOUR - SECOND).await;
        assert!(buyer.is_waiting(&order).await);
        shop.pass(SECOND).await;
        assert!(buyer.is_closed(&order).await);
        assert_eq!(shop.trade(&text(&code["out_trade_no"])).await["trade_state"], "CLOSED");
    };
    Shop::run_with(four_hours, &story).await;
    Shop::run_v3_with(Platform::PublicKey, four_hours, &story).await;
}

/// Prices that a binary fraction cannot hold, with the lowest and the highest, in fen.
const PRICES: [i64; 7] = [1, 7, 110, 115, 1_999, 1_005, 999_999_999];

/// Amounts go through WeChat's yuan with two decimals and back, whole and in parts: no fen is lost.
#[tokio::test(flavor = "multi_thread")]
async fn case_60_every_fen_comes_back_from_the_phone_the_bill_and_the_refund() {
    let free = |settings: &mut Settings| {
        settings.rules.postage.fee = changgou::domain::money::Fen(0);
    };
    let story = async |shop: &Shop| {
        let (operator, buyers) = shop.people(PRICES.len()).await;
        let mut sold = Vec::new();
        for (buyer, price) in buyers.iter().zip(PRICES) {
            let sku = operator.puts_up(json!({ "price": price })).await;
            let order = buyer.buys(&sku, 1).await;
            assert_eq!(order["payMoney"], price);
            let paid = buyer.pays(shop, &order).await;
            let number = text(&buyer.payment_status(&paid).await["out_trade_no"]);
            assert_eq!(shop.trade(&number).await["paid_fee"], price);
            sold.push(order);
        }
        let part = PRICES[6] / 3;
        operator.gives_refund(&sold[6], json!({ "amount": part })).await.ok();
        operator.gives_refund(&sold[4], json!({})).await.ok();
        for _ in 0..2 {
            shop.work().await;
            shop.sleeps(MINUTE).await;
        }
        shop.work().await;
        assert_eq!(
            (refunded_at_wechat(shop, &sold[6]).await, refunded_at_wechat(shop, &sold[4]).await),
            (part, PRICES[4])
        );
        shop.next_morning().await;
        let report = shop.compares(DAY).await;
        assert_eq!(report["verdict"], "clean", "{report}");
        let trade = &report["trade"];
        let all: i64 = PRICES.iter().sum();
        assert_eq!((&trade["cameFen"], &trade["oursCameFen"]), (&json!(all), &json!(all)));
        assert_eq!(trade["wentFen"], part + PRICES[4]);
    };
    Shop::run_with(free, &story).await;
    Shop::run_v3_with(Platform::PublicKey, free, &story).await;
}
