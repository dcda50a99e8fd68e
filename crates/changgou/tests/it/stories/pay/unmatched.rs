//! Payments that do not match an open order: late, twice, or of another amount. They pay nothing, are recorded, and
//! wait for an operator.

use std::time::Duration;

use serde_json::json;

use crate::support::orders::{loses_a_request, lost_request_arrives};
use crate::support::shop::Shop;
use crate::support::wechat::{CLOSEORDER, KEY, notice, sealed, text};
use crate::support::wechat_proxy::WechatProxy;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(flavor = "multi_thread")]
async fn case_10_money_for_a_closed_order_goes_back_if_its_goods_are_sold() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            let order = buyer.buys(&sku, 3).await;
            let number = loses_a_request(shop, &proxy, &buyer, &order).await;
            buyer.cancels(&order).await.ok();
            assert!(buyer.is_closed(&order).await);
            shop.buyer().await.buys(&sku, 10).await;

            let code = lost_request_arrives(&proxy, &number).await;
            shop.phone_pays(&code).await;
            assert!(buyer.is_closed(&order).await, "closed is closed");
            assert_eq!(buyer.stock_of(&sku).await, (0, 10), "what is sold is sold");
            let standing = buyer.payment_status(&order).await;
            assert_eq!(standing["flagged"], true);
            assert_eq!(standing["trade_state"], "SUCCESS");
            assert_eq!(
                buyer.history(&order).await,
                ["placed", "closed", "paid_after_close", "refund_opened"]
            );
            let fen = order["payMoney"].as_i64().unwrap();
            let flag = ("paid_after_close".to_owned(), number.clone(), fen);
            assert_eq!(shop.flags().await, std::slice::from_ref(&flag));

            assert_eq!(shop.resends(&number, 5).await, 5, "acknowledged, so that it ends");
            for _ in 0..3 {
                shop.pass(Duration::from_secs(60)).await;
            }
            assert_eq!(shop.flags().await, [], "given back");
            assert_eq!(shop.trade(&number).await["refunded_fee"], order["payMoney"]);
            assert_eq!(buyer.history(&order).await[3..], ["refund_opened", "refunded"]);
            assert_eq!(buyer.payment_status(&order).await["flagged"], false);
            let forbidden = buyer.get("/api/admin/payment/flags").await;
            assert_eq!(forbidden.refused(), (403, "forbidden"));
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_10_money_for_a_closed_order_whose_goods_are_there_reopens_it() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            let order = buyer.buys(&sku, 3).await;
            let number = loses_a_request(shop, &proxy, &buyer, &order).await;
            buyer.cancels(&order).await.ok();
            assert_eq!(buyer.stock_of(&sku).await, (10, 0));

            let code = lost_request_arrives(&proxy, &number).await;
            shop.phone_pays(&code).await;
            assert!(buyer.is_paid(&order).await);
            assert_eq!(buyer.stock_of(&sku).await, (7, 3));
            assert_eq!(buyer.points().await, 10);
            assert_eq!(buyer.history(&order).await, ["placed", "closed", "reopened", "paid"]);
            assert_eq!(shop.flags().await, []);
            assert_eq!(shop.resends(&number, 5).await, 5);
            shop.pass(HOUR).await;
            assert_eq!(buyer.stock_of(&sku).await, (7, 3), "once");
            buyer.asks_for_refund(&order).await.ok();
            assert_eq!(buyer.stock_of(&sku).await, (10, 0));
            assert_eq!(buyer.points().await, 0);
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_33_a_second_payment_goes_back_and_the_first_stays() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            let order = buyer.buys(&sku, 1).await;
            let old = loses_a_request(shop, &proxy, &buyer, &order).await;
            let code = buyer.asks_for_code(&order).await;
            assert_ne!(code["out_trade_no"], old.as_str());
            let first = shop.phone_pays(&text(&code["code_url"])).await;
            assert!(buyer.is_paid(&order).await);

            let again = lost_request_arrives(&proxy, &old).await;
            shop.phone_pays(&again).await;
            assert!(buyer.is_paid(&order).await);
            assert_eq!(buyer.order(&order).await["transactionId"], first["transaction_id"]);
            assert_eq!(buyer.history(&order).await, ["placed", "paid", "paid_twice", "refund_opened"]);
            let fen = order["payMoney"].as_i64().unwrap();
            assert_eq!(shop.flags().await, [("paid_twice".to_owned(), old.clone(), fen)]);
            assert_eq!(buyer.payment_status(&order).await["flagged"], true);
            shop.pass(Duration::from_secs(60)).await;
            shop.pass(Duration::from_secs(60)).await;
            assert_eq!(shop.trade(&old).await["refunded_fee"], fen);
            assert_eq!(shop.trade(&text(&code["out_trade_no"])).await["refunded_fee"], 0);
            assert_eq!(shop.flags().await, []);
            assert!(buyer.is_paid(&order).await);
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_05_money_by_an_older_attempt_pays_and_the_newer_one_is_closed_at_wechat() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let buyer = shop.buyer().await;
            let order = buyer.buys(&shop.sku(10).await, 1).await;
            let old = loses_a_request(shop, &proxy, &buyer, &order).await;
            let newer = buyer.asks_for_code(&order).await;
            let code = lost_request_arrives(&proxy, &old).await;
            shop.once("closeorder", "http_500").await;
            shop.phone_pays(&code).await;
            assert!(buyer.is_paid(&order).await);
            shop.audit().await;

            shop.work().await;
            shop.pass(Duration::from_secs(5)).await;
            assert_eq!(proxy.sent(CLOSEORDER).len(), 2, "asked until it answered");
            assert!(!shop.phone_tries(&text(&newer["code_url"])).await, "nobody can pay twice");
            assert!(shop.flags().await.is_empty());
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_11_a_notice_of_another_amount_pays_nothing_and_a_new_attempt_can() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.sku(10).await;
        for (buyer, kind) in buyers.iter().zip(["wrong_amount", "wrong_currency"]) {
            let order = buyer.buys(&sku, 1).await;
            let code = buyer.asks_for_code(&order).await;
            shop.once("notice", kind).await;
            shop.phone_pays(&text(&code["code_url"])).await;
            assert!(buyer.is_waiting(&order).await, "{kind}");
            assert_eq!(buyer.payment_status(&order).await["flagged"], true, "{kind}");
            assert_eq!(buyer.history(&order).await, ["placed", "mismatch"]);
            let told = shop.flags().await.pop().unwrap();
            let number = text(&code["out_trade_no"]);
            assert_eq!((told.0.as_str(), told.1), ("mismatch", number), "{kind}");

            let fresh = buyer.asks_for_code(&order).await;
            assert_ne!(fresh["out_trade_no"], code["out_trade_no"]);
            shop.phone_pays(&text(&fresh["code_url"])).await;
            assert!(buyer.is_paid(&order).await, "{kind}");
        }
        assert_eq!(shop.flags().await.len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_of_another_amount_does_not_keep_the_order_open_for_ever() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.sku(10).await;
        shop.always("notice", "drop").await;
        let mut orders = Vec::new();
        for buyer in &buyers {
            let order = buyer.buys(&sku, 1).await;
            let code = buyer.asks_for_code(&order).await;
            shop.phone_pays_oddly(&code, json!({ "amount": 1 })).await;
            orders.push(order);
        }
        // The first is cancelled by its buyer, the second expires; closing finds the payment.
        buyers[0].cancels(&orders[0]).await;
        shop.clock.advance(HOUR);
        shop.work().await;
        for (buyer, order) in buyers.iter().zip(&orders) {
            assert!(buyer.is_closed(order).await, "{}", buyer.order(order).await);
            assert_eq!(buyer.payment_status(order).await["flagged"], true);
        }
        assert_eq!(shop.stranger().stock_of(&sku).await, (10, 0));
        let flags = shop.flags().await;
        assert!(
            flags.iter().all(|(kind, _, fen)| kind == "mismatch" && *fen == 1) && flags.len() == 2,
            "{flags:?}"
        );
    })
    .await;
}

/// WeChat answers ORDERPAID when an old code is renewed, and the amount was different.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_of_another_amount_does_not_keep_the_buyer_from_paying() {
    let all_day = |settings: &mut changgou::infra::settings::Settings| {
        settings.rules.pay_within = 24 * HOUR;
    };
    Shop::run_with(all_day, async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.always("notice", "drop").await;
        shop.phone_pays_oddly(&code, json!({ "amount": 1 })).await;
        shop.clock.advance(2 * HOUR);
        shop.wechat.advance(2 * HOUR).await;
        let fresh = buyer.asks_for_code(&order).await;
        assert_ne!(fresh["out_trade_no"], code["out_trade_no"]);
        shop.clears_faults().await;
        shop.phone_pays(&text(&fresh["code_url"])).await;
        assert!(buyer.is_paid(&order).await);
        assert_eq!(shop.flags().await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_of_another_kind_or_another_order_pays_nothing() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.sku(10).await;
        let (mine, theirs) = (buyers[0].buys(&sku, 1).await, buyers[1].buys(&sku, 1).await);
        let fen = mine["payMoney"].as_i64().unwrap();
        let (my_code, their_code) =
            (buyers[0].asks_for_code(&mine).await, buyers[1].asks_for_code(&theirs).await);
        let paid = shop.phone_pays(&text(&my_code["code_url"])).await;
        // The buyer's payment is sent again with the other order's number.
        let mut fields = notice(&text(&their_code["out_trade_no"]), fen);
        fields.insert("transaction_id".to_owned(), text(&paid["transaction_id"]));
        assert_eq!(shop.posts(sealed(&fields, KEY)).await.0, 200);
        assert!(buyers[1].is_waiting(&theirs).await, "one payment pays one order");
        shop.audit().await;

        let mut fields = notice(&text(&their_code["out_trade_no"]), fen);
        fields.insert("trade_type".to_owned(), "MICROPAY".to_owned());
        assert_eq!(shop.posts(sealed(&fields, KEY)).await.0, 200);
        assert!(buyers[1].is_waiting(&theirs).await, "not what was asked for");
        let kinds: Vec<String> = shop.flags().await.into_iter().map(|flag| flag.0).collect();
        assert_eq!(kinds, ["mismatch", "mismatch"]);
        assert!(buyers[0].is_paid(&mine).await);
    })
    .await;
}
