//! Refunds that fail: the shop retries them, or an operator decides.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::form_browser::FormBrowser;
use crate::support::notice_target::Target;
use crate::support::orders::refunded_at_wechat;
use crate::support::shop::{Person, Shop};
use crate::support::wechat::{KEY, sealed, text};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// A paid order whose buyer asked for a refund; WeChat was not called yet.
async fn wanted_back(shop: &Shop) -> (Person, Value) {
    let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
    let order = buyer.buys(&sku, 2).await;
    buyer.pays(shop, &order).await;
    buyer.asks_for_refund(&order).await.ok();
    (buyer, order)
}

fn paid(order: &Value) -> i64 {
    order["payMoney"].as_i64().unwrap()
}

async fn troubles(shop: &Shop) -> Vec<Value> {
    let all = shop.operator().await.get("/api/admin/refund?state=trouble").await.ok();
    all.as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn case_37_an_unknown_outcome_is_asked_again_under_the_same_number() {
    for kind in ["system_error_before", "system_error_after", "drop_answer_after", "http_500"] {
        Shop::run(async |shop| {
            let (_, order) = wanted_back(shop).await;
            shop.once("refund", kind).await;
            shop.work().await;
            for _ in 0..4 {
                shop.pass(MINUTE).await;
            }
            assert_eq!(refunded_at_wechat(shop, &order).await, paid(&order), "{kind}");
            let all = shop.control(Method::GET, "/sim/refunds", Value::Null).await;
            assert_eq!(all["refunds"].as_array().unwrap().len(), 1, "{kind}");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_38_an_empty_account_is_waited_for_and_a_refusal_needs_an_operator() {
    Shop::run(async |shop| {
        let (_, order) = wanted_back(shop).await;
        shop.faults(json!([{ "on": "refund", "kind": "refuse", "code": "NOTENOUGH" }])).await;
        shop.work().await;
        assert_eq!(refunded_at_wechat(shop, &order).await, 0);
        shop.clears_faults().await;
        shop.pass(HOUR).await;
        shop.pass(MINUTE).await;
        assert_eq!(refunded_at_wechat(shop, &order).await, paid(&order));
        assert_eq!(troubles(shop).await, Vec::<Value>::new());
    })
    .await;
    Shop::run(async |shop| {
        let (buyer, order) = wanted_back(shop).await;
        shop.faults(json!([{ "on": "refund", "kind": "refuse", "code": "TRADE_OVERDUE", "times": 1 }])).await;
        shop.work().await;
        let trouble = troubles(shop).await;
        assert_eq!((trouble.len(), &trouble[0]["state"]), (1, &json!("refused")));
        let operator = shop.operator().await;
        let again = format!("/api/admin/refund/{}/again", text(&trouble[0]["outRefundNo"]));
        let fresh = operator.post(&again, Value::Null).await.ok();
        assert_ne!(fresh["outRefundNo"], trouble[0]["outRefundNo"]);
        shop.work().await;
        shop.pass(MINUTE).await;
        assert_eq!(refunded_at_wechat(shop, &order).await, paid(&order));
        let told = buyer.history(&order).await;
        assert_eq!(told[2..], ["refund_opened", "refund_trouble", "refund_opened", "refunded"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_35_closed_gets_a_new_number_and_abnormal_an_operator() {
    Shop::run(async |shop| {
        let (_, order) = wanted_back(shop).await;
        shop.once("refund", "ends_closed").await;
        shop.work().await;
        for _ in 0..4 {
            shop.pass(MINUTE).await;
        }
        assert_eq!(refunded_at_wechat(shop, &order).await, paid(&order), "under another number");
    })
    .await;
    Shop::run(async |shop| {
        let (_, order) = wanted_back(shop).await;
        shop.once("refund", "ends_abnormal").await;
        shop.work().await;
        shop.pass(MINUTE).await;
        let trouble = troubles(shop).await;
        assert_eq!((trouble.len(), &trouble[0]["state"]), (1, &json!("abnormal")));
        let paid_out = format!("/api/admin/refund/{}/paid-out", text(&trouble[0]["outRefundNo"]));
        let operator = shop.operator().await;
        operator.post(&paid_out, json!({ "reason": "银行转账 2026-11-24" })).await.ok();
        assert_eq!(troubles(shop).await, Vec::<Value>::new());
        assert_eq!(
            operator.post(&paid_out, json!({ "reason": "twice" })).await.refused(),
            (409, "wrong_state")
        );
        assert_eq!(refunded_at_wechat(shop, &order).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_35_a_refund_that_wechat_keeps_closing_needs_an_operator() {
    Shop::run(async |shop| {
        let (buyer, order) = wanted_back(shop).await;
        shop.always("refund", "ends_closed").await;
        shop.work().await;
        for _ in 0..8 {
            shop.pass(MINUTE).await;
        }
        let trouble = troubles(shop).await;
        assert_eq!((trouble.len(), &trouble[0]["state"]), (1, &json!("refused")));
        assert_eq!(buyer.history(&order).await.last().unwrap(), "refund_trouble");
        shop.clears_faults().await;
        let again = format!("/api/admin/refund/{}/again", text(&trouble[0]["outRefundNo"]));
        shop.operator().await.post(&again, Value::Null).await.ok();
        shop.work().await;
        shop.pass(MINUTE).await;
        assert_eq!(refunded_at_wechat(shop, &order).await, paid(&order));
        assert_eq!(troubles(shop).await, Vec::<Value>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_43_without_a_notice_the_shop_queries() {
    Shop::run(async |shop| {
        let (buyer, order) = wanted_back(shop).await;
        shop.always("refund_notice", "drop").await;
        shop.work().await;
        shop.pass(MINUTE).await;
        assert_eq!(buyer.history(&order).await.last().unwrap(), "refunded");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_39_a_refund_made_at_wechat_is_recorded_by_the_shop() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 2).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays(&text(&code["code_url"])).await;
        let url = shop.url("/api/weixin/pay/refund/notify");
        let by_hand = json!({ "out_trade_no": code["out_trade_no"], "amount": 300, "notify_url": url });
        shop.control(Method::POST, "/sim/refund", by_hand).await;
        shop.pass(MINUTE).await;
        let done = shop.operator().await.get("/api/admin/refund?state=done").await.ok();
        assert_eq!((&done[0]["cause"], &done[0]["refundFee"]), (&json!("platform"), &json!(300)));
        assert!(buyer.is_paid(&order).await);
        buyer.asks_for_refund(&order).await.ok();
        shop.work().await;
        shop.pass(MINUTE).await;
        assert_eq!(refunded_at_wechat(shop, &order).await, paid(&order), "the rest, and no more");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmatched_payment_waits_until_all_of_it_is_refunded_by_hand() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays_oddly(&code, json!({ "amount": 300 })).await;
        shop.deliver().await;
        let url = shop.url("/api/weixin/pay/refund/notify");
        for (fen, waiting) in [(100, 1), (200, 0)] {
            let by_hand = json!({ "out_trade_no": code["out_trade_no"], "amount": fen, "notify_url": url });
            shop.control(Method::POST, "/sim/refund", by_hand).await;
            shop.pass(MINUTE).await;
            assert_eq!(shop.flags().await.len(), waiting, "{fen} more went back");
        }
    })
    .await;
}

/// WeChat's number of a payment the shop did not ask for.
const OTHER: &str = "4200009999202611281234567890";

/// An operator notes how an unmatched payment was handled: once, with a reason, by its number.
async fn sees_to(shop: &Shop, number: &str, transaction: &str) {
    let path = format!("/api/admin/payment/{number}/seen-to");
    let said = |transaction: &str, words: &str| json!({ "transactionId": transaction, "reason": words });
    let operator = shop.operator().await;
    assert_eq!(shop.buyer().await.post(&path, said(transaction, "mine")).await.status, 403);
    assert_eq!(operator.post(&path, said(transaction, " ")).await.status, 400);
    assert_eq!(operator.post(&path, said("another", "it is not that one")).await.status, 404);
    operator.post(&path, said(transaction, "在商户平台退回")).await.ok();
    assert_eq!(operator.post(&path, said(transaction, "again")).await.status, 404);
    let kept = "select detail from payment_flag where resolved_ms is not null";
    assert!(shop.rows::<(String,)>(kept).await[0].0.ends_with(": 在商户平台退回"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_payment_waits_although_its_order_is_refunded() {
    Shop::run(async |shop| {
        let target = Target::of(shop).await;
        target.buyer.pays(shop, &target.order).await;
        shop.posts(sealed(&target.notice_with("transaction_id", OTHER), KEY)).await;
        assert_eq!(shop.flags().await.len(), 1);
        target.buyer.asks_for_refund(&target.order).await.ok();
        shop.work().await;
        shop.pass(MINUTE).await;
        assert_eq!(refunded_at_wechat(shop, &target.order).await, paid(&target.order));
        assert_eq!(shop.flags().await.len(), 1, "nobody has seen to that one");
        let operator = shop.operator().await;
        let back = format!("/api/admin/payment/{}/refund", target.number);
        assert_eq!(operator.post(&back, Value::Null).await.status, 409, "the order's refund is not its");
        let desk = FormBrowser::of(shop, &operator).sees("/admin/refunds").await;
        assert!(desk.contains("/seen-to") && !desk.contains("/give"), "{desk}");
        sees_to(shop, &target.number, OTHER).await;
        assert!(shop.flags().await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_refund_notice_changes_nothing() {
    Shop::run(async |shop| {
        let (buyer, order) = wanted_back(shop).await;
        let url = shop.url("/api/weixin/pay/refund/notify");
        for body in ["", "<xml></xml>", "<xml><req_info>AAAA</req_info></xml>", "{}", "<!DOCTYPE x><xml/>"] {
            let sent = shop.http.post(&url).body(body).send().await.unwrap();
            assert_eq!(sent.status().as_u16(), 400, "{body}");
        }
        assert_eq!(buyer.history(&order).await.last().unwrap(), "refund_opened");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_refunds_an_unmatched_payment() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays_oddly(&code, json!({ "amount": 1 })).await;
        shop.deliver().await;
        let (kind, number, fen) = shop.flags().await.remove(0);
        assert_eq!((kind.as_str(), fen), ("mismatch", 1));
        let back = format!("/api/admin/payment/{number}/refund");
        assert_eq!(buyer.post(&back, Value::Null).await.status, 403);
        let operator = shop.operator().await;
        let given = operator.post(&back, Value::Null).await.ok();
        let again = operator.post(&back, Value::Null).await.ok();
        assert_eq!(given["outRefundNo"], again["outRefundNo"]);
        shop.work().await;
        shop.pass(MINUTE).await;
        assert_eq!(shop.flags().await, []);
    })
    .await;
}
