//! A day's payments of the shop compared with WeChat's bills. Each test is named after its case.

use std::time::Duration;

use changgou::flow::reconcile;
use changgou::infra::db::{DbError, Tx};
use reqwest::Method;
use serde_json::{Value, json};
use wechatpay::v3;

use crate::support::bills::{DAY, difference_kinds, open_differences, without_run_times};
use crate::support::shop::Shop;
use crate::support::snapshot::same_json;
use crate::support::wechat::text;

#[tokio::test(flavor = "multi_thread")]
async fn case_44_what_both_have_agrees_however_often_it_is_compared() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.operator().await.puts_up(json!({ "price": 10_000 })).await;
        for buyer in &buyers {
            shop.sells(buyer, &sku).await;
        }
        shop.next_morning().await;
        let report = shop.compares(DAY).await;
        assert_eq!(report["trade"]["cameFen"], report["trade"]["oursCameFen"]);
        assert_eq!(report["fundFlow"]["rows"], 4, "each payment has a row for its fee");
        same_json("reconciled_without_differences", &without_run_times(report.clone()));
        assert_eq!(without_run_times(shop.compares(DAY).await), without_run_times(report), "the same again");
        assert_eq!(shop.rows::<(i64,)>("select count(*) from bill_row").await, [(0,)], "lines are forgotten");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_45_a_payment_whose_notice_was_lost_is_asked_about_and_settled() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let (order, number) = shop.sells_unnoticed(&buyer, &sku).await;
        shop.next_morning().await;
        shop.always("orderquery", "http_500").await;
        let report = shop.compares(DAY).await;
        assert_eq!(report["verdict"], "differs");
        assert_eq!(difference_kinds(&report), ["paid_only_there"]);
        assert!(!buyer.is_paid(&order).await, "a bill alone proves nothing");

        shop.clears_faults().await;
        let report = shop.compares(DAY).await;
        assert_eq!(
            (&report["verdict"], &report["open"], &report["resolved"]),
            (&json!("clean"), &json!(0), &json!(1))
        );
        assert_eq!(report["differences"][0]["reference"], number);
        assert!(buyer.is_paid(&order).await);
        assert_eq!(buyer.history(&order).await, ["placed", "paid"]);
        let again = shop.compares(DAY).await;
        assert_eq!(
            (&again["verdict"], &again["open"], &again["resolved"]),
            (&json!("clean"), &json!(0), &json!(1))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_46_a_payment_of_the_bill_that_is_not_ours_is_listed() {
    Shop::run(async |shop| {
        shop.sells(&shop.buyer().await, &shop.sku(10).await).await;
        shop.next_morning().await;
        shop.once("downloadbill", "bill_row_extra").await;
        let report = shop.compares(DAY).await;
        assert_eq!(difference_kinds(&report), ["no_flow", "unknown_payment"]);
        let (_, reference, ours, theirs) = open_differences(&report).remove(1);
        assert!(reference.starts_with("STRANGER") && ours.is_none() && theirs.is_some(), "{report}");
        let again = shop.compares(DAY).await;
        assert_eq!(
            (&again["verdict"], &again["resolved"]),
            (&json!("clean"), &json!(2)),
            "gone from the bill"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_47_a_payment_of_ours_that_the_bill_lacks_is_listed() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.sku(10).await;
        let (_, number) = shop.sells(&buyers[0], &sku).await;
        shop.sells(&buyers[1], &sku).await;
        shop.next_morning().await;
        let row =
            json!({ "on": "downloadbill", "kind": "bill_row_missing", "out_trade_no": number, "times": 1 });
        shop.faults(json!([row])).await;
        let report = shop.compares(DAY).await;
        assert_eq!(
            difference_kinds(&report),
            ["paid_only_here", "unknown_flow"],
            "the balance still shows it"
        );
        let (_, reference, ours, theirs) = open_differences(&report).remove(0);
        assert_eq!((reference, ours, theirs), (number, report["trade"]["cameFen"].as_i64(), None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_48_another_amount_is_listed_with_both() {
    Shop::run(async |shop| {
        let (_, number) = shop.sells(&shop.buyer().await, &shop.sku(10).await).await;
        shop.next_morning().await;
        shop.once("downloadbill", "bill_wrong_amount").await;
        let report = shop.compares(DAY).await;
        assert_eq!(report["verdict"], "differs");
        let found = open_differences(&report)
            .into_iter()
            .find(|(kind, ..)| kind == "payment_amount")
            .expect("it is seen");
        assert_eq!((found.1, found.3), (number, found.2.map(|ours| ours + 100)));
        assert!(difference_kinds(&report).contains(&"flow_amount".to_owned()), "{report}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_48_a_wechat_coupon_is_no_difference() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays_oddly(&code, json!({ "coupon": 1 })).await;
        shop.deliver().await;
        assert!(buyer.is_paid(&order).await);
        shop.next_morning().await;
        assert_eq!(shop.compares(DAY).await["verdict"], "clean", "订单金额 is compared, not 应结订单金额");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_49_a_row_twice_and_two_payments_for_one_number_are_told_apart() {
    Shop::run(async |shop| {
        let (_, number) = shop.sells(&shop.buyer().await, &shop.sku(10).await).await;
        shop.next_morning().await;
        shop.once("downloadbill", "bill_row_twice").await;
        let report = shop.compares(DAY).await;
        assert_eq!(difference_kinds(&report), ["row_twice"]);
        assert_eq!(open_differences(&report)[0].1, number);

        let row =
            json!({ "on": "downloadbill", "kind": "bill_row_extra", "out_trade_no": number, "times": 1 });
        shop.faults(json!([row])).await;
        let report = shop.compares(DAY).await;
        assert_eq!(difference_kinds(&report), ["no_flow", "two_transactions"]);
        assert_eq!(shop.compares(DAY).await["verdict"], "clean");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_50_refunds_are_compared_by_number_amount_and_state() {
    Shop::run_unaudited(async |shop| {
        let (_, number) = shop.sells(&shop.buyer().await, &shop.sku(10).await).await;
        let by_hand = json!({ "out_trade_no": number, "out_refund_no": "R1", "amount": 1 });
        shop.control(Method::POST, "/sim/refund", by_hand).await;
        shop.next_morning().await;
        let report = shop.compares(DAY).await;
        assert_eq!(
            open_differences(&report),
            [("unknown_refund".to_owned(), "R1".to_owned(), None, Some(1))]
        );

        for (fee, state, expected) in
            [(2, "done", &["refund_amount"][..]), (1, "opened", &["refund_status"][..]), (1, "done", &[][..])]
        {
            keeps_refund(shop, &number, "R1", fee, state).await;
            assert_eq!(difference_kinds(&shop.compares(DAY).await), expected, "{fee} {state}");
        }
        keeps_refund(shop, &number, "R2", 1, "processing").await;
        let report = shop.compares(DAY).await;
        assert_eq!(
            open_differences(&report),
            [("refund_only_here".to_owned(), "R2".to_owned(), Some(1), None)]
        );
    })
    .await;
}

/// Inserts a refund into the shop's tables, made at the start of the test.
async fn keeps_refund(shop: &Shop, trade: &str, number: &str, fee: i64, state: &str) {
    let facts = format!("'{number}', '{trade}', 'NO.1', 'money', 'r', {fee}, '{state}', '', 'MD5', 'a'");
    let (created, number) = (crate::support::shop::START.0, number.to_owned());
    let write = async move |tx: &mut Tx<'_>| {
        tx.exec(&format!("delete from payment_refund where out_refund_no = '{number}'"), &[]).await?;
        let columns = "out_refund_no, out_trade_no, order_id, cause, reason, refund_fee, state, request, sign_type, \
                       actor, created_ms";
        tx.exec(&format!("insert into payment_refund ({columns}) values ({facts}, {created})"), &[]).await
    };
    shop.running.app.db.write::<u64, DbError, _>(write).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn case_51_the_balance_lacks_a_payment_or_has_a_strange_one() {
    Shop::run(async |shop| {
        let (_, number) = shop.sells(&shop.buyer().await, &shop.sku(10).await).await;
        shop.next_morning().await;
        let row =
            |kind| json!([{ "on": "downloadfundflow", "kind": kind, "out_trade_no": number, "times": 1 }]);
        shop.faults(row("bill_row_missing")).await;
        let missing = difference_kinds(&shop.compares(DAY).await);
        assert_eq!(missing, ["no_flow"]);
        shop.faults(json!([{ "on": "downloadfundflow", "kind": "bill_row_extra", "times": 1 }])).await;
        assert_eq!(difference_kinds(&shop.compares(DAY).await), ["unknown_flow"]);
        shop.once("downloadfundflow", "bill_wrong_summary").await;
        let report = shop.compares(DAY).await;
        assert_eq!((&report["verdict"], &report["fundFlow"]["state"]), (&json!("no_bill"), &json!("failed")));
        assert_eq!(report["trade"]["state"], "compared", "the trade bill is compared all the same");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_52_a_payment_belongs_to_the_day_it_was_paid_on() {
    Shop::run(async |shop| {
        shop.sleeps(Duration::from_secs(13 * 3600 + 58 * 60)).await;
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.sleeps(Duration::from_secs(180)).await;
        shop.phone_pays(&text(&code["code_url"])).await;
        assert!(buyer.is_paid(&order).await);
        shop.sleeps(Duration::from_secs(36 * 3600)).await;
        let before = shop.compares(DAY).await;
        assert_eq!((&before["verdict"], &before["trade"]["state"]), (&json!("clean"), &json!("empty")));
        let after = shop.compares("2026-11-24").await;
        assert_eq!((&after["verdict"], &after["trade"]["agreed"]), (&json!("clean"), &json!(1)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_52_a_payment_of_the_last_second_settled_the_next_day_is_of_its_own_day() {
    Shop::run(async |shop| {
        shop.sleeps(Duration::from_secs(14 * 3600 - 1)).await;
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays_silently(&text(&code["code_url"])).await;
        shop.sleeps(Duration::from_secs(61)).await;
        shop.deliver().await;
        assert!(buyer.is_paid(&order).await);
        shop.next_morning().await;
        let report = shop.compares(DAY).await;
        assert_eq!((&report["verdict"], &report["trade"]["oursCame"]), (&json!("clean"), &json!(1)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_53_an_empty_day_is_no_error_and_a_bill_being_made_is_waited_for() {
    Shop::run(async |shop| {
        shop.next_morning().await;
        let report = shop.compares(DAY).await;
        assert_eq!((&report["verdict"], &report["trade"]["state"]), (&json!("clean"), &json!("empty")));
        shop.once("downloadbill", "bill_creating").await;
        let report = shop.compares(DAY).await;
        assert_eq!((&report["verdict"], &report["trade"]["state"]), (&json!("no_bill"), &json!("creating")));
        assert_eq!(shop.compares(DAY).await["verdict"], "clean");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_53_an_empty_bill_does_not_hide_what_we_say_was_paid() {
    Shop::run(async |shop| {
        let (_, number) = shop.sells(&shop.buyer().await, &shop.sku(10).await).await;
        shop.next_morning().await;
        let row = json!({ "on": "downloadbill", "kind": "bill_row_missing", "times": 1 });
        shop.faults(json!([row])).await;
        let report = shop.compares(DAY).await;
        assert_eq!(report["trade"]["state"], "empty");
        assert!(
            open_differences(&report).iter().any(|(kind, it, ..)| kind == "paid_only_here" && *it == number),
            "{report}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_54_a_false_bill_has_no_effect() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let (order, _) = shop.sells_unnoticed(&buyer, &sku).await;
        shop.next_morning().await;
        for fault in ["bill_wrong_summary", "bill_truncated"] {
            shop.once("downloadbill", fault).await;
            let report = shop.compares(DAY).await;
            assert_eq!(
                (&report["verdict"], &report["trade"]["state"]),
                (&json!("no_bill"), &json!("failed"))
            );
            assert!(!text(&report["trade"]["told"]).is_empty());
            assert_eq!((open_differences(&report).len(), buyer.is_paid(&order).await), (0, false), "{fault}");
            assert_eq!(shop.rows::<(i64,)>("select count(*) from bill_row").await, [(0,)]);
        }
        shop.once("downloadbill", "bill_columns_reordered").await;
        let report = shop.compares(DAY).await;
        assert_eq!(
            (&report["verdict"], &report["resolved"]),
            (&json!("clean"), &json!(1)),
            "columns go by name"
        );
        assert!(buyer.is_paid(&order).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_55_one_bill_holds_trades_of_both_protocols() {
    Shop::run_unaudited(async |shop| {
        shop.sells(&shop.buyer().await, &shop.sku(10).await).await;
        let trade = pays_by_v3(shop, "V3TRADE_1").await;
        shop.next_morning().await;
        let report = shop.compares(DAY).await;
        assert_eq!(open_differences(&report), [("unknown_payment".to_owned(), "V3TRADE_1".to_owned(), None, Some(101))]);

        let (transaction, paid) = (text(&trade["transaction_id"]), crate::support::shop::START.0);
        let write = async move |tx: &mut Tx<'_>| {
            let columns = "out_trade_no, order_id, protocol, sign_type, total_fee, state, request, transaction_id, \
                           paid_ms, created_ms";
            let facts = format!("'V3TRADE_1', 'NO.1', 'v3', 'v3', 101, 'paid', '', '{transaction}', {paid}, {paid}");
            tx.exec(&format!("insert into payment_attempt ({columns}) values ({facts})"), &[]).await
        };
        shop.running.app.db.write::<u64, DbError, _>(write).await.unwrap();
        let report = shop.compares(DAY).await;
        assert_eq!((&report["verdict"], &report["trade"]["agreed"]), (&json!("clean"), &json!(2)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_comparisons_of_a_day_at_once_give_the_right_report() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(3).await;
        let sku = shop.sku(10).await;
        for buyer in &buyers {
            shop.sells(buyer, &sku).await;
        }
        shop.next_morning().await;
        let (app, day) = (&shop.running.app, DAY.parse().unwrap());
        // The first round compares a new day, the second a day that was compared.
        for _ in 0..8 {
            let both = tokio::join!(reconcile::reconcile(app, day), reconcile::reconcile(app, day));
            assert!(both.0.is_ok() || both.1.is_ok(), "{both:?}");
        }
        let report = shop.reconciled(DAY).await;
        assert_eq!((&report["verdict"], &report["trade"]["agreed"]), (&json!("clean"), &json!(3)));
        assert_eq!(shop.rows::<(i64,)>("select count(*) from bill_row").await, [(0,)]);
    })
    .await;
}

/// Creates a trade by API v3, and the phone pays it.
async fn pays_by_v3(shop: &Shop, number: &str) -> Value {
    let keys = shop.wechat.merchant_keys("1900000109").unwrap();
    let merchant = v3::V3Merchant {
        appid: wechatpay_simulator::Merchant::demo().appid,
        mchid: keys.mch_id.clone(),
        serial_no: keys.serial_no.clone(),
        private_key: v3::PrivateKey::from_pem(keys.private_key_pem.as_bytes()).unwrap(),
        api_v3_key: v3::ApiV3Key::new(&keys.api_v3_key).unwrap(),
    };
    let (clock, options) = (shop.clock.clone(), v3::ClientOptions::default());
    let clock = v3::Clock::new(move || clock.now().0);
    let known = v3::PlatformKeys::new();
    let client = v3::V3Client::with_options(&shop.wechat_url(""), merchant, known, clock, options).unwrap();
    client.refresh_certificates().await.unwrap();
    let order = v3::NativeOrder {
        description: "货".to_owned(),
        out_trade_no: number.to_owned(),
        total: 101,
        notify_url: shop.url("/nowhere"),
        time_expire: shop.clock.now().0 + 7_200_000,
        attach: None,
        payer_client_ip: None,
    };
    let code = client.create_native_order(&order.request(client.merchant()).unwrap()).await.unwrap();
    shop.phone_pays_silently(&code.code_url).await
}
