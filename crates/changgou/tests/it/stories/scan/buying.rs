//! A phone scans the code on a shelf, and the order is placed and paid.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use changgou::infra::settings::Settings;
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::support::scan::{ANN, BEN, CALLBACK, HOUR, binds, callback, open_for_a_day, signed, told};
use crate::support::shop::{Person, Platform, Shop};
use crate::support::wechat::{UNIFIEDORDER, text};
use crate::support::wechat_proxy::WechatProxy;

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_buys_as_a_guest_without_shipping() {
    Shop::run(async |shop| {
        let operator = shop.operator().await;
        operator.makes_coupons(json!({ "grantOnPaid": true })).await;
        let sku = operator.puts_up(json!({ "name": "陶杯", "price": 2500, "num": 10 })).await;
        let trade = shop.scan_to_pay(&sku, ANN).await;
        assert_eq!(trade["total_fee"], 2500, "what is taken along costs no postage");
        assert_eq!(operator.stock_of(&sku).await, (9, 1), "an order holds its stock");
        shop.pays_scan(&trade).await;

        let made = shop.scanned().await;
        assert_eq!(made.len(), 1);
        let (guest, id) = (text(&made[0]["username"]), text(&made[0]["orderId"]));
        let paid = (&made[0]["orderStatus"], &made[0]["payStatus"], &made[0]["openid"]);
        assert_eq!(paid, (&json!("0"), &json!("1"), &json!(ANN)));
        assert!(guest.starts_with("wx:") && guest.len() <= 50 && !guest.contains(ANN), "{guest}");
        let receiver =
            "select receiver_contact, receiver_mobile, receiver_address, source_type from tb_order";
        let receiver = shop.rows::<(String, String, String, String)>(receiver).await.remove(0);
        let [shelf, nobody, wechat] = ["到店自取", "", "3"].map(str::to_owned);
        assert_eq!(receiver, (shelf.clone(), nobody, shelf, wechat));
        let points = format!("select points from tb_user where username = '{guest}'");
        assert_eq!(shop.rows::<(i64,)>(&points).await, [(10,)], "a guest earns like everybody");
        let coupons = format!("select count(*) from coupon where username = '{guest}'");
        assert_eq!(shop.rows::<(i64,)>(&coupons).await, [(1,)]);

        for password in ["", "!", "123456", guest.as_str()] {
            let typed = json!({ "username": guest, "password": password });
            let reply = shop.stranger().post("/api/user/login", typed.clone()).await;
            assert!(reply.status.is_client_error(), "{password:?}: {reply:?}");
        }
        let taken = json!({ "username": guest, "password": "123456" });
        assert_eq!(shop.stranger().post("/api/user/add", taken).await.refused(), (400, "bad_request"));

        let order = json!({ "id": id });
        operator.gives_refund(&order, json!({})).await.ok();
        shop.pass(Duration::from_secs(60)).await;
        assert_eq!(operator.stock_of(&sku).await, (10, 0));
        assert_eq!(shop.trade(&text(&trade["out_trade_no"])).await["refunded_fee"], 2500);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_openid_buys_for_its_account_and_address() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(2).await;
        let sku = operator.puts_up(json!({ "price": 2500 })).await;
        binds(shop, ANN, &buyers[0]).await;
        buyers[0].puts_in_cart(&sku, 3).await;

        let trade = shop.scan_to_pay(&sku, ANN).await;
        assert_eq!(trade["total_fee"], 3500, "it is sent, so there is postage");
        let order = json!({ "id": shop.scanned().await[0]["orderId"] });
        assert!(buyers[0].is_waiting(&order).await);
        let cart = buyers[0].get("/api/cart/list").await.ok();
        assert_eq!((&cart[0]["num"], cart.as_array().unwrap().len()), (&json!(3), 1), "{cart}");
        let code = buyers[0].asks_for_code(&order).await;
        assert_eq!(code["out_trade_no"], trade["out_trade_no"], "their page shows the same payment");
        shop.pays_scan(&trade).await;
        assert!(buyers[0].is_paid(&order).await);
        let order = buyers[0].order(&order).await;
        assert_ne!(order["receiverMobile"], "");
        assert_eq!(order["items"][0]["num"], 1);

        let path = |buyer: &Person| format!("/api/admin/user/{}/openid", buyer.name);
        let elsewhere = operator.put(&path(&buyers[1]), json!({ "openid": ANN })).await;
        assert_eq!(elsewhere.refused(), (409, "id_taken"));
        binds(shop, ANN, &buyers[0]).await;
        operator.delete(&path(&buyers[0])).await.ok();
        assert_eq!(operator.delete(&path(&buyers[0])).await.refused(), (404, "not_found"));
        binds(shop, ANN, &buyers[1]).await;
        binds(shop, BEN, &buyers[1]).await;
        shop.scan_to_pay(&sku, BEN).await;
        assert_eq!(shop.scanned().await[0]["username"], buyers[1].name);
        shop.scan_to_pay(&sku, ANN).await;
        assert!(text(&shop.scanned().await[0]["username"]).starts_with("wx:"), "Ben took her place");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_scan_shows_the_same_order_until_it_is_paid_or_closed() {
    Shop::run_with(open_for_a_day, async |shop| {
        let (sku, other) = (shop.sku(10).await, shop.sku(10).await);
        let first = shop.scan_to_pay(&sku, ANN).await;
        for _ in 0..3 {
            assert_eq!(shop.scan_to_pay(&sku, ANN).await, first);
        }
        assert_ne!(shop.scan_to_pay(&other, ANN).await["out_trade_no"], first["out_trade_no"]);
        assert_ne!(shop.scan_to_pay(&sku, BEN).await["out_trade_no"], first["out_trade_no"]);
        assert_eq!(shop.operator().await.stock_of(&sku).await, (8, 2));

        // After two hours the first code has expired; the order is the same.
        shop.pass(2 * HOUR).await;
        let renewed = shop.scan_to_pay(&sku, ANN).await;
        assert_eq!(renewed["out_trade_no"], first["out_trade_no"]);
        assert_ne!(renewed["code_url"], first["code_url"]);
        shop.pays_scan(&renewed).await;
        let second = shop.scan_to_pay(&sku, ANN).await;
        assert_ne!(second["out_trade_no"], first["out_trade_no"], "she wants another one");

        shop.pass(25 * HOUR).await;
        let third = shop.scan_to_pay(&sku, ANN).await;
        assert_ne!(third["out_trade_no"], second["out_trade_no"], "the second was closed");
        assert_eq!(shop.operator().await.stock_of(&sku).await, (8, 2), "one is paid, one waits");
        assert_eq!(shop.scanned().await.len(), 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_scans_at_once_are_one_order_and_one_payment() {
    let proxy = WechatProxy::new().await;
    Shop::run_with(
        |settings| proxy.tap(settings),
        async |shop| {
            let sku = shop.sku(10).await;
            let (mut phones, start) = (JoinSet::new(), Arc::new(Barrier::new(20)));
            for nth in 0..20 {
                let mut fields = callback(&sku, ANN);
                fields.insert("nonce_str".to_owned(), format!("nonce{nth:027}"));
                let call = shop.http.post(shop.url(CALLBACK)).body(signed(&fields));
                let start = start.clone();
                phones.spawn(async move {
                    start.wait().await;
                    told(&call.send().await.unwrap().text().await.unwrap()).get("prepay_id").cloned()
                });
            }
            let prepaid: HashSet<Option<String>> = phones.join_all().await.into_iter().collect();
            assert_eq!(prepaid.len(), 1, "{prepaid:?}");
            assert!(prepaid.iter().all(Option::is_some));
            assert_eq!((shop.scanned().await.len(), proxy.sent(UNIFIEDORDER).len()), (1, 1));
            assert_eq!(shop.operator().await.stock_of(&sku).await, (9, 1));
        },
    )
    .await;
}

/// A repeated callback is valid, and orders nothing more.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_callback_orders_nothing_more() {
    Shop::run(async |shop| {
        let sku = shop.sku(10).await;
        let body = signed(&callback(&sku, ANN));
        let (status, first) = shop.calls_back(body.clone()).await;
        let first = told(&first);
        assert_eq!((status, first["result_code"].as_str()), (200, "SUCCESS"));
        for _ in 0..5 {
            assert_eq!(told(&shop.calls_back(body.clone()).await.1)["prepay_id"], first["prepay_id"]);
        }
        assert_eq!(shop.scanned().await.len(), 1);
        assert_eq!(shop.trades().await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_pays_by_v3_answers_scans_by_v2() {
    for platform in [Platform::PublicKey, Platform::Certificates] {
        Shop::run_v3(platform, async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            let trade = shop.scan_to_pay(&sku, ANN).await;
            let number = text(&trade["out_trade_no"]);
            let v2 = ("v2".to_owned(), "HMAC-SHA256".to_owned());
            assert_eq!(shop.pinned(&number).await, v2);
            shop.pays_scan(&trade).await;
            assert_eq!(shop.scanned().await[0]["payStatus"], "1");
            let told = shop.deliveries(&number).await.remove(0);
            assert!(text(&told["url"]).ends_with("/notify/url"), "{told:#}");

            // The page's attempt by v3 is closed before the scan is answered by v2.
            binds(shop, BEN, &buyer).await;
            shop.always("unifiedorder", "http_500").await;
            assert_eq!(shop.scan(&sku, BEN).await["outcome"], "refused");
            shop.clears_faults().await;
            let order = json!({ "id": shop.scanned().await[0]["orderId"] });
            // WeChat does not know the first attempt: the worker ends it.
            shop.pass(Duration::from_secs(10)).await;
            shop.pass(Duration::from_secs(60)).await;
            let shown = buyer.asks_for_code(&order).await;
            assert_eq!(shop.pinned(&text(&shown["out_trade_no"])).await.0, "v3");
            let scanned = shop.scan_to_pay(&sku, BEN).await;
            assert_ne!(scanned["out_trade_no"], shown["out_trade_no"]);
            assert!(!shop.phone_tries(&text(&shown["code_url"])).await, "nobody can pay twice");
            shop.pays_scan(&scanned).await;
            assert!(buyer.is_paid(&order).await);
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchant_with_hmac_has_codes_signed_with_hmac() {
    let hmac = |settings: &mut Settings| settings.wechat_native_sign_type = "HMAC-SHA256".to_owned();
    Shop::run_with(hmac, async |shop| {
        let sku = shop.sku(10).await;
        let link = shop.code_of(&sku).await;
        assert!(link.contains("&sign=") && link.split("&sign=").nth(1).unwrap().len() >= 64, "{link}");
        let scanned = shop.scan_text(&link, ANN).await;
        assert_eq!(scanned["outcome"], "order", "{scanned:#}");
        let weaker = shop.calls_back(signed(&callback(&sku, ANN))).await;
        assert_eq!(weaker.0, 400, "a callback cannot choose a weaker signature: {}", weaker.1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_link_leads_to_the_same_order() {
    Shop::run(async |shop| {
        let sku = shop.sku(10).await;
        let path = format!("/api/admin/sku/{sku}/qr?short=true");
        let short = text(&shop.operator().await.get(&path).await.ok()["link"]);
        assert!(short.starts_with("weixin://wxpay/s/") && short.len() < 40, "{short}");
        let long = shop.scan_to_pay(&sku, ANN).await;
        assert_eq!(shop.scan_text(&short, ANN).await["trade"], long);
    })
    .await;
}
