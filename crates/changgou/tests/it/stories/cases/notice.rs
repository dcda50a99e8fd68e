//! Unusual notices: unknown numbers, wrong order, lost answers, other merchants.

use std::time::Duration;

use serde_json::{Value, json};
use wechatpay::v2::{ApiKey, SignType, UnifiedOrder, V2Client, V2Merchant};
use wechatpay_simulator::Merchant;

use crate::support::notice_proxy::NoticeProxy;
use crate::support::notice_target::notices_counted;
use crate::support::shop::{Platform, START, Shop};
use crate::support::wechat::{NOTICES, text};

const SECOND: Duration = Duration::from_secs(1);

/// Another system creates a trade at WeChat with the shop's notice URL; the code.
async fn orders_at_wechat(shop: &Shop, account: Merchant, number: &str, fen: i64) -> String {
    let Merchant { appid, mch_id, api_key } = account;
    let account = V2Merchant { appid, mch_id, api_key: ApiKey::new(&api_key).unwrap() };
    let client = V2Client::new(&shop.wechat_url(""), account).unwrap();
    let order = UnifiedOrder {
        body: "别家的货".to_owned(),
        out_trade_no: number.to_owned(),
        total_fee: fen,
        spbill_create_ip: "127.0.0.1".to_owned(),
        notify_url: shop.running.app.settings.wechat_notify_url.clone(),
        product_id: "1".to_owned(),
        time_start: START.0,
        time_expire: START.0 + 7_200_000,
        attach: None,
        sign_type: SignType::HmacSha256,
    };
    let request = order.request(client.merchant()).unwrap();
    client.unified_order(&request, SignType::HmacSha256).await.unwrap().code_url
}

/// Another system of the merchant uses the shop's notice URL: the notice is refused, so that WeChat sends it again,
/// and a counter shows it.
#[tokio::test(flavor = "multi_thread")]
async fn case_07_a_notice_about_an_unknown_number_is_counted_and_asked_for_again() {
    Shop::run(async |shop| {
        let before = notices_counted(shop, "unknown_trade").await;
        let code = orders_at_wechat(shop, Merchant::demo(), "STRANGER_1", 100).await;
        shop.phone_pays(&code).await;
        shop.wechat.advance(15 * SECOND).await;
        let told = shop.deliveries("STRANGER_1").await;
        assert_eq!((told.len(), &told[0]["status"]), (2, &json!(400)), "{told:#?}");
        assert!(told.iter().all(|delivery| delivery["acknowledged"] == false));
        assert!(notices_counted(shop, "unknown_trade").await >= before + 2);
    })
    .await;
}

/// WeChat does not deliver notices in order.
#[tokio::test(flavor = "multi_thread")]
async fn case_08_notices_that_overtake_each_other_pay_each_its_own_order() {
    let story = async |shop: &Shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.sku(10).await;
        let mut paid = Vec::new();
        shop.faults(json!([
            { "on": "notice", "kind": "reorder", "times": 1 },
            { "on": "notice", "kind": "duplicate", "copies": 5 },
        ]))
        .await;
        for buyer in &buyers {
            let order = buyer.buys(&sku, 1).await;
            let code = buyer.asks_for_code(&order).await;
            let trade = shop.phone_pays_silently(&text(&code["code_url"])).await;
            paid.push((order, code, trade));
        }
        shop.wechat.advance(15 * SECOND).await;
        for (buyer, (order, code, trade)) in buyers.iter().zip(&paid) {
            assert!(buyer.is_paid(order).await);
            assert_eq!(buyer.order(order).await["transactionId"], trade["transaction_id"]);
            assert_eq!(buyer.history(order).await, ["placed", "paid"]);
            assert!(shop.deliveries(&text(&code["out_trade_no"])).await.len() >= 5);
        }
        assert!(shop.flags().await.is_empty());
    };
    Shop::run(&story).await;
    Shop::run_v3(Platform::PublicKey, &story).await;
}

/// Two payments of one number: the first counts, an operator handles the other.
#[tokio::test(flavor = "multi_thread")]
async fn case_09_a_second_transaction_under_one_number_is_set_aside() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.once("notice", "foreign_transaction").await;
        let second = shop.phone_pays(&text(&code["code_url"])).await;
        let first = buyer.order(&order).await["transactionId"].clone();
        assert_ne!(first, second["transaction_id"]);

        let number = text(&code["out_trade_no"]);
        for _ in 0..2 {
            assert_eq!(shop.resends(&number, 1).await, 1, "acknowledged: sending it again helps nobody");
        }
        let fen = order["payMoney"].as_i64().unwrap();
        assert_eq!(shop.flags().await, [("mismatch".to_owned(), number, fen)]);
        assert_eq!(buyer.order(&order).await["transactionId"], first);
        assert_eq!(buyer.history(&order).await, ["placed", "paid", "mismatch"]);
    })
    .await;
}

/// A coupon of WeChat pays a part: `cash_fee` and `payer_total` are below the price, and the order is fully paid.
#[tokio::test(flavor = "multi_thread")]
async fn case_12_an_order_paid_with_a_coupon_is_paid_whole() {
    let story = async |shop: &Shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        for way in ["told", "asked"] {
            let order = buyer.buys(&sku, 1).await;
            let code = buyer.asks_for_code(&order).await;
            shop.phone_pays_oddly(&code, json!({ "coupon": 300 })).await;
            match way {
                "told" => shop.deliver().await,
                _ => drop(buyer.payment_status(&order).await),
            }
            let paid = buyer.order(&order).await;
            assert_eq!((&paid["payStatus"], &paid["payMoney"]), (&json!("1"), &order["payMoney"]), "{way}");
            let told = shop.trade(&text(&code["out_trade_no"])).await;
            assert_eq!((&told["paid_fee"], &told["coupon_fee"]), (&order["payMoney"], &json!(300)), "{told}");
        }
        assert!(shop.flags().await.is_empty());
    };
    Shop::run(&story).await;
    Shop::run_v3(Platform::PublicKey, &story).await;
}

/// A notice of failure is acknowledged by v2, and refused by v3, which has no such notice; neither proves that nobody
/// paid.
#[tokio::test(flavor = "multi_thread")]
async fn case_13_a_notice_that_says_it_failed_neither_pays_nor_closes() {
    let story = async |shop: &Shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.once("notice", "not_paid").await;
        shop.phone_pays(&text(&code["code_url"])).await;
        assert_eq!(shop.deliveries(&text(&code["out_trade_no"])).await[0]["fault"], "not_paid");
        assert!(buyer.is_waiting(&order).await);
        assert_eq!(buyer.history(&order).await, ["placed"]);
        assert!(shop.flags().await.is_empty());
        shop.pass(5 * SECOND).await;
        assert!(buyer.is_paid(&order).await, "WeChat was asked");
    };
    Shop::run(&story).await;
    Shop::run_v3(Platform::PublicKey, &story).await;
}

/// The notice was committed, and its answer was lost with the process: the second delivery reaches another node,
/// which finds everything done.
#[tokio::test(flavor = "multi_thread")]
async fn case_16_a_notice_whose_answer_was_lost_is_acknowledged_by_the_next_node() {
    let proxy = NoticeProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let buyer = shop.buyer().await;
            let order = buyer.buys(&shop.sku(10).await, 1).await;
            let code = buyer.asks_for_code(&order).await;
            proxy.drops_the_next_answer();
            shop.phone_pays(&text(&code["code_url"])).await;
            let number = text(&code["out_trade_no"]);
            assert!(buyer.is_paid(&order).await, "kept before it was answered");
            assert_eq!(shop.deliveries(&number).await[0]["acknowledged"], false);

            let other = shop.node(|_| {}).await;
            proxy.forwards_to(&format!("http://{}{NOTICES}", other.address));
            shop.wechat.advance(15 * SECOND).await;
            let told = shop.deliveries(&number).await;
            assert_eq!((told.len(), &told[0]["acknowledged"]), (2, &json!(true)), "{told:#?}");
            assert_eq!(buyer.history(&order).await, ["placed", "paid"]);
            assert_eq!(buyer.points().await, 10);
            assert!(shop.shows(&order).contains("2 copies"), "{}", shop.shows(&order));
            other.stop().await.unwrap();
        },
    )
    .await;
}

/// Another merchant creates a trade with the number of our attempt and our notice URL: a notice signed with that
/// merchant's key changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn case_19_what_another_merchants_key_signs_is_not_believed() {
    let other = Merchant {
        appid: "wx2421b1c4370ec43b".to_owned(),
        mch_id: "1230000109".to_owned(),
        api_key: "fedcba9876543210fedcba9876543210".to_owned(),
    };
    let theirs = other.clone();
    Shop::run_by(
        |options| options.merchants.push(theirs),
        |_| {},
        async |shop| {
            let buyer = shop.buyer().await;
            let order = buyer.buys(&shop.sku(10).await, 1).await;
            let code = buyer.asks_for_code(&order).await;
            let (number, fen) = (text(&code["out_trade_no"]), order["payMoney"].as_i64().unwrap());
            let before = notices_counted(shop, "wrong_signature").await;
            let theirs = orders_at_wechat(shop, other, &number, fen).await;
            shop.phone_pays(&theirs).await;
            let told: Value = shop.deliveries(&number).await.remove(0);
            assert_eq!((&told["status"], &told["acknowledged"]), (&json!(400), &json!(false)), "{told}");
            assert!(text(&told["body"]).contains("1230000109"));
            assert!(notices_counted(shop, "wrong_signature").await > before);
            assert!(buyer.is_waiting(&order).await);
            assert!(shop.flags().await.is_empty());

            shop.phone_pays(&text(&code["code_url"])).await;
            assert!(buyer.is_paid(&order).await, "ours is");
        },
    )
    .await;
}
