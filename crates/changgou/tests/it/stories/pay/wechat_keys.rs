//! WeChat's keys change while the shop is open: a new certificate, and the move from certificates to the public key.

use std::time::Duration;

use changgou::infra::settings::PublicKey;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::shop::{Person, Platform, Shop};
use crate::support::wechat::{V3_NOTICES, text};

/// Unknown certificates are fetched once a minute at most.
const MINUTE: Duration = Duration::from_secs(61);

impl Shop {
    async fn rotates(&self, step: &str) {
        self.control(Method::POST, "/sim/keys/rotate", json!({ "step": step })).await;
    }

    async fn signs_notices_by(&self, key: &str) {
        self.control(Method::PUT, "/sim/keys", json!({ "notices_by": key })).await;
    }
}

/// An order is placed, paid and settled, and another one closed, with the current key.
async fn trades(shop: &Shop, buyer: &Person, sku: &str, when: &str) {
    let order = buyer.buys(sku, 1).await;
    let code = buyer.asks_for_code(&order).await;
    shop.phone_pays(&text(&code["code_url"])).await;
    let told = shop.deliveries(&text(&code["out_trade_no"])).await;
    assert_eq!((told.len(), &told[0]["status"]), (1, &json!(204)), "{when}: {told:#?}");
    assert!(buyer.is_paid(&order).await, "{when}");

    let order = buyer.buys(sku, 1).await;
    buyer.asks_for_code(&order).await;
    buyer.cancels(&order).await.ok();
    assert!(buyer.is_closed(&order).await, "{when}");
}

#[tokio::test(flavor = "multi_thread")]
async fn case_56_certificates_change_while_the_shop_is_open() {
    Shop::run_v3(Platform::Certificates, async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(100).await);
        trades(shop, &buyer, &sku, "before").await;
        shop.rotates("publish").await;
        trades(shop, &buyer, &sku, "given away").await;
        shop.pass(MINUTE).await;
        shop.rotates("switch").await;
        trades(shop, &buyer, &sku, "it signs").await;
        shop.pass(MINUTE).await;
        shop.rotates("replace").await;
        trades(shop, &buyer, &sku, "one that nobody told of").await;
        shop.pass(MINUTE).await;
        shop.rotates("forget").await;
        trades(shop, &buyer, &sku, "the old ones are gone").await;
    })
    .await;
}

/// A payment that began under one key has its notice signed with the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_notice_may_be_signed_by_a_newer_certificate_than_the_code() {
    Shop::run_v3(Platform::Certificates, async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        // Too soon after the last fetch the notice is refused, and WeChat sends it again.
        shop.rotates("replace").await;
        shop.phone_pays(&text(&code["code_url"])).await;
        assert!(buyer.is_waiting(&order).await);
        for _ in 0..4 {
            let step = Duration::from_secs(15);
            shop.clock.advance(step);
            shop.wechat.advance(step).await;
        }
        assert!(buyer.is_paid(&order).await);
    })
    .await;
}

/// The key is set node by node: nodes with and without it work side by side.
#[tokio::test(flavor = "multi_thread")]
async fn case_56_a_merchant_moves_to_the_public_key_node_by_node() {
    Shop::run_v3(Platform::Certificates, async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(100).await);
        let public = shop.wechat.platform_keys();
        let moved = shop.node(|settings| {
            let (id, pem) = (public.public_key_id, public.public_key_pem.into_bytes());
            let v3 = settings.wechat.as_mut().unwrap().v3.as_mut().unwrap();
            v3.public_key = Some(PublicKey { id, pem });
            settings.wechat_v3_notify_url = format!("http://{}{V3_NOTICES}", settings.listen);
        });
        let moved = moved.await;
        let there = buyer.at_node(&moved);
        trades(shop, &there, &sku, "the key is set").await;
        trades(shop, &buyer, &sku, "certificates alone").await;

        // A notice at a node without the key is refused, and the payment is still found.
        let order = there.buys(&sku, 1).await;
        let code = there.asks_for_code(&order).await;
        shop.signs_notices_by("certificate").await;
        shop.always("notice", "wrong_serial").await;
        shop.phone_pays(&text(&code["code_url"])).await;
        assert!(buyer.is_waiting(&order).await);
        shop.pass(Duration::from_secs(5)).await;
        assert!(buyer.is_paid(&order).await);
        moved.stop().await.unwrap();
    })
    .await;
}

/// WeChat publishes a certificate before it signs with it: while many buyers pay, no payment fails or counts twice.
#[tokio::test(flavor = "multi_thread")]
async fn many_buyers_pay_while_the_keys_change() {
    Shop::run_v3(Platform::PublicKey, async |shop| {
        let (buyers, sku) = (shop.people(12).await.1, shop.sku(1000).await);
        let crowd = |when| join_all(buyers.iter().map(|buyer| trades(shop, buyer, &sku, when)));
        shop.signs_notices_by("certificate").await;
        for (step, when) in
            [("publish", "given away"), ("switch", "it signs"), ("forget", "the old one goes")]
        {
            shop.pass(MINUTE).await;
            tokio::join!(crowd(when), shop.rotates(step));
        }
        for by in ["mixed", "public_key"] {
            tokio::join!(crowd(by), shop.signs_notices_by(by));
        }
        let none = shop.control(Method::PUT, "/sim/keys", json!({ "certificates_are": "none" }));
        tokio::join!(crowd("no certificates any more"), none);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_both_accepts_both_until_certificates_are_gone() {
    Shop::run_v3(Platform::PublicKey, async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(100).await);
        for (by, when) in [("certificate", "certificates"), ("mixed", "both"), ("mixed", "both, again")] {
            shop.signs_notices_by(by).await;
            trades(shop, &buyer, &sku, when).await;
        }
        shop.rotates("replace").await;
        shop.pass(MINUTE).await;
        trades(shop, &buyer, &sku, "a new certificate in between").await;
        shop.signs_notices_by("public_key").await;
        trades(shop, &buyer, &sku, "the public key").await;
        let none = json!({ "certificates_are": "none" });
        shop.control(Method::PUT, "/sim/keys", none).await;
        shop.pass(MINUTE).await;
        trades(shop, &buyer, &sku, "no certificates any more").await;
    })
    .await;
}
