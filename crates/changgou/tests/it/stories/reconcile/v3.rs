//! The same comparison by API v3: a signed link, then a file whose hash is checked.

use std::time::Duration;

use changgou::infra::settings::{Protocol, Settings};
use serde_json::{Value, json};

use crate::support::bills::{DAY, difference_kinds, open_differences, without_run_times};
use crate::support::shop::{Platform, Shop};
use crate::support::wechat::{NOTICES, V3_NOTICES, text};

/// A shop without a key of API v2, which gets bills by v3 only.
fn without_v2(settings: &mut Settings) {
    settings.wechat.as_mut().unwrap().api_key = None;
}

async fn run(story: impl AsyncFnOnce(&Shop)) {
    Shop::run_v3_with(Platform::Certificates, without_v2, story).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_44_what_both_have_agrees_by_v3_as_well() {
    run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.operator().await.puts_up(json!({ "price": 10_000 })).await;
        for buyer in &buyers {
            shop.sells(buyer, &sku).await;
        }
        shop.next_morning().await;
        let report = shop.compares(DAY).await;
        assert_eq!(report["verdict"], "clean", "{report}");
        let (trade, flow) = (&report["trade"], &report["fundFlow"]);
        assert_eq!((&trade["state"], &flow["state"]), (&json!("compared"), &json!("compared")));
        assert_eq!((&trade["rows"], &trade["agreed"], &trade["oursCame"]), (&json!(2), &json!(2), &json!(2)));
        assert_eq!((&trade["cameFen"], &trade["oursCameFen"]), (&json!(20_000), &json!(20_000)));
        assert_eq!((&flow["rows"], &flow["agreed"]), (&json!(4), &json!(2)), "with a fee each");
        assert_eq!(without_run_times(shop.compares(DAY).await), without_run_times(report), "the same again");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_45_a_lost_payment_is_found_in_the_bill_and_asked_about_by_v3() {
    run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let (order, number) = shop.sells_unnoticed(&buyer, &sku).await;
        shop.next_morning().await;
        shop.always("orderquery", "http_500").await;
        assert_eq!(difference_kinds(&shop.compares(DAY).await), ["paid_only_there"]);
        assert!(!buyer.is_paid(&order).await, "a bill alone proves nothing, hashed or not");
        shop.clears_faults().await;
        let report = shop.compares(DAY).await;
        assert_eq!((&report["verdict"], &report["resolved"]), (&json!("clean"), &json!(1)));
        assert_eq!(report["differences"][0]["reference"], number);
        assert!(buyer.is_paid(&order).await);
    })
    .await;
}

/// Errors in a bill, each with the difference it must cause.
const PLANTED: [(&str, &str, &[&str]); 7] = [
    ("downloadbill", "bill_row_extra", &["no_flow", "unknown_payment"]),
    ("downloadbill", "bill_row_missing", &["paid_only_here", "unknown_flow"]),
    ("downloadbill", "bill_row_twice", &["row_twice"]),
    ("downloadbill", "bill_wrong_amount", &["flow_amount", "payment_amount"]),
    ("downloadfundflow", "bill_row_missing", &["no_flow"]),
    ("downloadfundflow", "bill_row_extra", &["unknown_flow"]),
    ("downloadbill", "bill_columns_reordered", &[]),
];

#[tokio::test(flavor = "multi_thread")]
async fn case_48_errors_planted_in_bills_of_v3_are_listed_and_resolved() {
    run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.sku(10).await;
        let (_, number) = shop.sells(&buyers[0], &sku).await;
        shop.sells(&buyers[1], &sku).await;
        shop.next_morning().await;
        for (bill, kind, expected) in PLANTED {
            let mut fault = json!({ "on": bill, "kind": kind, "times": 1 });
            if !kind.ends_with("extra") && !kind.ends_with("reordered") {
                fault["out_trade_no"] = json!(number);
            }
            shop.faults(json!([fault])).await;
            let mut found = difference_kinds(&shop.compares(DAY).await);
            found.sort();
            assert_eq!(found, expected, "{bill} {kind}");
            assert_eq!(shop.compares(DAY).await["verdict"], "clean", "{bill} {kind}: gone, so resolved");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_50_refunds_are_compared_by_v3_as_well() {
    run(async |shop| {
        let (buyer, operator, sku) = (shop.buyer().await, shop.operator().await, shop.sku(10).await);
        let (order, number) = shop.sells(&buyer, &sku).await;
        operator.gives_refund(&order, json!({ "amount": 100 })).await.ok();
        for _ in 0..2 {
            shop.work().await;
            shop.sleeps(Duration::from_secs(60)).await;
        }
        let by_hand = json!({ "out_trade_no": number, "out_refund_no": "R1", "amount": 1 });
        shop.control(reqwest::Method::POST, "/sim/refund", by_hand).await;
        shop.next_morning().await;
        let report = shop.compares(DAY).await;
        assert_eq!(
            open_differences(&report),
            [("unknown_refund".to_owned(), "R1".to_owned(), None, Some(1))]
        );
        assert_eq!(report["trade"]["wentFen"], 101, "{report}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_53_an_empty_day_and_a_bill_being_made_are_no_errors_by_v3() {
    run(async |shop| {
        shop.next_morning().await;
        let report = shop.compares(DAY).await;
        assert_eq!((&report["verdict"], &report["trade"]["state"]), (&json!("clean"), &json!("empty")));
        for bill in ["downloadbill", "downloadfundflow"] {
            shop.once(bill, "bill_creating").await;
            assert_eq!(shop.compares(DAY).await["verdict"], "no_bill", "{bill}");
        }
        assert_eq!(shop.compares(DAY).await["verdict"], "clean");
    })
    .await;
}

/// The hash is checked first: no line of a false file has an effect.
#[tokio::test(flavor = "multi_thread")]
async fn case_54_a_bill_with_another_hash_has_no_effect() {
    run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let (order, _) = shop.sells_unnoticed(&buyer, &sku).await;
        shop.next_morning().await;
        for fault in ["bill_wrong_hash", "bill_wrong_summary", "bill_truncated"] {
            shop.once("downloadbill", fault).await;
            let report = shop.compares(DAY).await;
            assert_eq!(
                (&report["verdict"], &report["trade"]["state"]),
                (&json!("no_bill"), &json!("failed")),
                "{fault}"
            );
            assert!(
                fault != "bill_wrong_hash" || text(&report["trade"]["told"]).contains("hash"),
                "{report}"
            );
            assert_eq!((open_differences(&report).len(), buyer.is_paid(&order).await), (0, false), "{fault}");
            assert_eq!(shop.rows::<(i64,)>("select count(*) from bill_row").await, [(0,)], "{fault}");
        }
        assert_eq!(shop.compares(DAY).await["verdict"], "clean");
        assert!(buyer.is_paid(&order).await, "the true bill led to it");
        shop.once("downloadfundflow", "bill_wrong_hash").await;
        let report = shop.compares(DAY).await;
        assert_eq!((&report["verdict"], &report["fundFlow"]["state"]), (&json!("no_bill"), &json!("failed")));
        assert_eq!(report["trade"]["state"], "compared", "the trade bill is compared all the same");
    })
    .await;
}

/// During the change of API nodes take payments by either, and one bill has all of them, whichever node fetches it.
#[tokio::test(flavor = "multi_thread")]
async fn case_55_payments_of_both_apis_are_in_the_bill_of_either() {
    Shop::run_v3(Platform::PublicKey, async |shop| {
        let before = shop.node(|settings| {
            settings.wechat_protocol = Protocol::V2;
            settings.wechat_notify_url = format!("http://{}{NOTICES}", settings.listen);
            settings.wechat_v3_notify_url = format!("http://{}{V3_NOTICES}", settings.listen);
        });
        let (node, sku) = (before.await, shop.sku(10).await);
        let (_, buyers) = shop.people(2).await;
        let (_, new) = shop.sells(&buyers[0], &sku).await;
        let (_, old) = shop.sells(&buyers[1].at_node(&node), &sku).await;
        assert_eq!((shop.pinned(&new).await.0, shop.pinned(&old).await.0), ("v3".into(), "v2".into()));
        shop.next_morning().await;
        shop.once("downloadbill", "bill_wrong_hash").await;
        assert_eq!(shop.compares(DAY).await["verdict"], "no_bill", "who pays by v3 asks for bills by v3");
        let by_v3: Value = shop.compares(DAY).await;
        assert_eq!((&by_v3["verdict"], &by_v3["trade"]["agreed"]), (&json!("clean"), &json!(2)), "{by_v3}");
        let app = &node.app;
        changgou::flow::reconcile::reconcile(app, DAY.parse().unwrap()).await.expect("it is compared");
        assert_eq!(
            without_run_times(shop.reconciled(DAY).await),
            without_run_times(by_v3),
            "by v2 it is the same"
        );
        node.stop().await.unwrap();
    })
    .await;
}
