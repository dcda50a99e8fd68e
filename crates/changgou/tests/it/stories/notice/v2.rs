//! The notice endpoint of API v2: anybody can post, only WeChat's signature counts.

use std::time::Duration;

use serde_json::json;

use crate::support::notice_target::{Target, notices_counted};
use crate::support::shop::Shop;
use crate::support::wechat::{KEY, NOTICES, sealed, text};

#[tokio::test(flavor = "multi_thread")]
async fn case_14_huge_bodies_and_other_methods_are_refused() {
    Shop::run(async |shop| {
        let target = Target::of(shop).await;
        let padded = |bytes: usize| {
            let attach = "a".repeat(bytes);
            sealed(&target.notice_with("attach", &attach), KEY)
        };
        let (status, _) = shop.posts(padded(65 * 1024)).await;
        assert_eq!(status, 413);
        // The shop may close the connection before ten million bytes are sent.
        let sent = shop.http.post(shop.url(NOTICES)).body(padded(10_000_000)).send().await;
        assert!(sent.is_err() || sent.unwrap().status() == 413);
        for method in ["GET", "PUT", "DELETE"] {
            let method: reqwest::Method = method.parse().unwrap();
            let body = sealed(&target.notice(), KEY);
            let sent = shop.http.request(method.clone(), shop.url(NOTICES)).body(body);
            assert_eq!(sent.send().await.unwrap().status(), 405, "{method}");
        }
        target.is_untouched(shop, "size and method").await;
    })
    .await;
}

/// WeChat's own content type has changed before; the signature is the proof.
#[tokio::test(flavor = "multi_thread")]
async fn the_signature_counts_and_not_the_content_type() {
    Shop::run(async |shop| {
        for kind in ["text/xml", "application/xml", "text/plain", "application/json"] {
            let target = Target::of(shop).await;
            let mut fields = target.notice();
            fields.insert("transaction_id".to_owned(), format!("42{}", target.number));
            let sent = shop
                .http
                .post(shop.url(NOTICES))
                .header("content-type", kind)
                .body(sealed(&fields, KEY));
            let answer = sent.send().await.unwrap();
            assert_eq!(answer.status(), 200, "{kind}");
            assert_eq!(
                answer.headers()["content-type"],
                "text/xml; charset=utf-8",
                "{kind}"
            );
            assert_eq!(
                answer.text().await.unwrap(),
                "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>"
            );
            assert!(target.buyer.is_paid(&target.order).await, "{kind}");
        }
    })
    .await;
}

/// A field that the shop does not know is signed like the others.
#[tokio::test(flavor = "multi_thread")]
async fn a_notice_may_have_unknown_fields() {
    Shop::run(async |shop| {
        let target = Target::of(shop).await;
        let mut fields = target.notice();
        for (name, value) in [("coupon_fee", "100"), ("coupon_fee_0", "100"), ("added_2030", "&<>]]>")] {
            fields.insert(name.to_owned(), value.to_owned());
        }
        fields.insert("cash_fee".to_owned(), (target.fen - 100).to_string());
        assert_eq!(shop.posts(sealed(&fields, KEY)).await.0, 200);
        assert!(target.buyer.is_paid(&target.order).await, "a coupon pays as well");
        assert!(notices_counted(shop, "kept").await > 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_notice_is_accepted() {
    Shop::run(async |shop| {
        let target = Target::of(shop).await;
        let long = target.notice_with("promotion_detail", &"券".repeat(10_000));
        assert_eq!(shop.posts(sealed(&long, KEY)).await.0, 200);
        assert!(target.buyer.is_paid(&target.order).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_13_a_signed_notice_of_failure_changes_nothing() {
    Shop::run(async |shop| {
        let target = Target::of(shop).await;
        let failed = target.notice_with("result_code", "FAIL");
        assert_eq!(shop.posts(sealed(&failed, KEY)).await.0, 200);
        target.is_untouched(shop, "failure").await;
    })
    .await;
}

/// WeChat sends the notice again until the shop acknowledges it.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_notice_is_sent_again() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        let flaws = ["bad_signature", "foreign_merchant", "foreign_appid"];
        let flaws = flaws.map(|kind| json!({ "on": "notice", "kind": kind, "times": 1 }));
        shop.faults(json!(flaws)).await;
        shop.phone_pays(&text(&code["code_url"])).await;
        // Only WeChat's clock moves: the shop gets notices, it does not query.
        for after in [15, 15] {
            shop.wechat.advance(Duration::from_secs(after)).await;
            assert!(buyer.is_waiting(&order).await);
        }
        shop.wechat.advance(Duration::from_secs(30)).await;
        assert!(buyer.is_paid(&order).await);
    })
    .await;
}

/// A shop that is full, stopping or without its database refuses the notice: WeChat sends it again, and the log has
/// one line per second.
#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_cannot_be_handled_now_is_sent_again() {
    Shop::run(async |shop| {
        let target = Target::of(shop).await;
        let before = notices_counted(shop, "busy").await;
        shop.running.app.settle_queue.finish().await;
        for _ in 0..3 {
            let (status, answer) = shop.posts(sealed(&target.notice(), KEY)).await;
            assert_eq!(status, 503, "{answer}");
            assert!(answer.contains("FAIL"), "{answer}");
        }
        assert!(notices_counted(shop, "busy").await >= before + 3);
        target.is_untouched(shop, "turned away").await;
    })
    .await;
}
