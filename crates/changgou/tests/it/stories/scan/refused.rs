//! Scans that lead to no order: the phone shows the reason in Chinese, signed by the shop.

use std::time::Duration;

use changgou::domain::limits::SCANS_OPEN_MAX;
use serde_json::{Value, json};
use wechatpay::v2::{ApiKey, SignType, verify};

use crate::support::scan::{ANN, BEN, HOUR, binds, callback, open_for_a_day, signed, told};
use crate::support::shop::Shop;
use crate::support::wechat::{KEY, text};

impl Shop {
    /// The refusal that the phone shows; its signature must be valid.
    async fn refuses_scan(&self, product: &str, openid: &str) -> String {
        let (status, answer) = self.calls_back(signed(&callback(product, openid))).await;
        let fields = told(&answer);
        assert_eq!((status, fields["return_code"].as_str()), (200, "SUCCESS"), "{answer}");
        assert_eq!(fields["result_code"], "FAIL", "{answer}");
        verify(&fields, &ApiKey::new(KEY).unwrap(), SignType::Md5).expect("it is signed");
        assert!(!fields.contains_key("prepay_id"), "{answer}");
        let words = fields["err_code_des"].clone();
        assert!((1..=128).contains(&words.len()), "WeChat takes 128 bytes: {words}");
        let chinese = words.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
        assert!(chinese && !words.contains("购物车"), "{words}");
        words
    }

    /// How many orders there are.
    async fn orders_there_are(&self) -> i64 {
        self.rows::<(i64,)>("select count(*) from tb_order").await[0].0
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sku_that_is_not_for_sale_is_not_ordered_by_a_scan() {
    Shop::run(async |shop| {
        let operator = shop.operator().await;
        let before = shop.all_rows().await;
        for product in ["7", "0", "P1", "NO-1", "-1", "99999999999999999999", "9223372036854775807"] {
            assert_eq!(shop.refuses_scan(product, ANN).await, "商品不存在，请联系商家", "{product}");
        }
        assert_eq!(shop.all_rows().await, before, "nothing was written for what is not there");

        let sku = operator.puts_up(json!({})).await;
        let path = format!("/api/sku/{sku}");
        for (change, words) in [
            (json!({ "status": "2" }), "商品已下架"),
            (json!({ "status": "3" }), "商品不存在，请联系商家"),
            (json!({ "status": "1", "num": 0 }), "商品已售罄"),
            (
                json!({ "num": 5, "saleFrom": "2026-11-23T12:00:00Z" }),
                "有商品尚未开售，2026-11-23 20:00 开售",
            ),
            (
                json!({ "saleFrom": "2026-11-20T12:00:00Z", "saleTo": "2026-11-21T12:00:00Z" }),
                "商品抢购已结束",
            ),
            (json!({ "saleFrom": null, "saleTo": null, "price": 0 }), "该商品无需付款，请在商城下单"),
        ] {
            operator.put(&path, change.clone()).await.ok();
            assert_eq!(shop.refuses_scan(&sku, ANN).await, words, "{change}");
        }
        assert_eq!((shop.orders_there_are().await, shop.trades().await.len()), (0, 0));
        operator.put(&path, json!({ "price": 1 })).await.ok();
        shop.scan_to_pay(&sku, ANN).await;
        assert_eq!(shop.orders_there_are().await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_piece_is_held_for_the_first_scan() {
    Shop::run(async |shop| {
        let sku = shop.sku(1).await;
        let anns = shop.scan_to_pay(&sku, ANN).await;
        assert_eq!(shop.refuses_scan(&sku, BEN).await, "商品已售罄");
        assert_eq!(shop.scan_to_pay(&sku, ANN).await, anns, "it is hers for as long as she may pay");
        shop.pass(2 * HOUR).await;
        let bens = shop.scan_to_pay(&sku, BEN).await;
        assert_ne!(bens["out_trade_no"], anns["out_trade_no"]);
        assert_eq!(shop.refuses_scan(&sku, ANN).await, "商品已售罄");
        shop.pays_scan(&bens).await;
        assert_eq!(shop.stranger().stock_of(&sku).await, (0, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn purchase_limits_apply_to_scans_too() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let sku = operator.puts_up(json!({ "buyerLimit": 2 })).await;
        binds(shop, ANN, &buyers[0]).await;
        buyers[0].buys(&sku, 1).await;
        let trade = shop.scan_to_pay(&sku, ANN).await;
        shop.pays_scan(&trade).await;
        assert_eq!(shop.refuses_scan(&sku, ANN).await, "已达到每人限购数量");
        shop.scan_to_pay(&sku, BEN).await;
    })
    .await;
}

/// Unpaid orders hold stock: this limit keeps one payer from taking all of it by scanning.
#[tokio::test(flavor = "multi_thread")]
async fn a_payer_has_a_limited_number_of_unpaid_orders() {
    Shop::run(async |shop| {
        let (sold_out, skus) =
            (shop.skus(SCANS_OPEN_MAX + 1, 0).await, shop.skus(SCANS_OPEN_MAX + 2, 10).await);
        for sku in &sold_out {
            assert_eq!(shop.refuses_scan(sku, ANN).await, "商品已售罄", "what was refused does not count");
        }
        let mut trades = Vec::new();
        for sku in &skus[..SCANS_OPEN_MAX] {
            trades.push(shop.scan_to_pay(sku, ANN).await);
        }
        let too_many = "未付款的扫码订单过多，请先付款或稍后再试";
        for sku in &skus[SCANS_OPEN_MAX..] {
            assert_eq!(shop.refuses_scan(sku, ANN).await, too_many);
        }
        assert_eq!(shop.scan_to_pay(&skus[0], ANN).await, trades[0], "what is open can be paid");
        shop.scan_to_pay(&skus[SCANS_OPEN_MAX], BEN).await;
        shop.pays_scan(&trades[0]).await;
        shop.scan_to_pay(&skus[SCANS_OPEN_MAX], ANN).await;
        assert_eq!(shop.refuses_scan(&skus[0], ANN).await, too_many);

        shop.pass(2 * HOUR).await;
        shop.scan_to_pay(&skus[0], ANN).await;
        for sku in &skus[1..SCANS_OPEN_MAX] {
            assert_eq!(shop.stranger().stock_of(sku).await, (10, 0), "what was not paid is given back");
        }
    })
    .await;
}

/// The same if many codes are scanned at once.
#[tokio::test(flavor = "multi_thread")]
async fn parallel_scans_open_no_more_orders_than_allowed() {
    Shop::run(async |shop| {
        let skus = shop.skus(4 * SCANS_OPEN_MAX, 10).await;
        let calls = skus.iter().map(|sku| shop.calls_back(signed(&callback(sku, ANN))));
        let answers = futures_util::future::join_all(calls).await;
        let ordered = answers.iter().filter(|(_, answer)| told(answer).contains_key("prepay_id")).count();
        assert_eq!((ordered, shop.orders_there_are().await), (SCANS_OPEN_MAX, SCANS_OPEN_MAX as i64));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_buys_nothing() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        binds(shop, ANN, &buyer).await;
        shop.sql(&format!("update tb_user set status = '0' where username = '{}'", buyer.name)).await;
        assert_eq!(shop.refuses_scan(&sku, ANN).await, "账号已停用，请联系商家");
        assert_eq!(shop.orders_there_are().await, 0);
    })
    .await;
}

/// The notice is lost, and the phone scans again when the code has expired.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_paid_already_is_told_so_and_may_buy_another_one() {
    Shop::run_with(open_for_a_day, async |shop| {
        let sku = shop.sku(10).await;
        let trade = shop.scan_to_pay(&sku, ANN).await;
        shop.always("notice", "drop").await;
        shop.phone_pays_silently(&text(&trade["code_url"])).await;
        shop.clock.advance(2 * HOUR);
        shop.wechat.advance(2 * HOUR).await;
        assert_eq!(shop.refuses_scan(&sku, ANN).await, "订单已支付，再次购买请重新扫码");
        shop.clears_faults().await;
        assert_eq!(shop.scanned().await[0]["payStatus"], "1", "WeChat was asked");
        let second = shop.scan_to_pay(&sku, ANN).await;
        assert_ne!(second["out_trade_no"], trade["out_trade_no"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_wechat_is_away_the_order_is_kept_for_the_next_scan() {
    Shop::run(async |shop| {
        let sku = shop.sku(10).await;
        for kind in ["http_500", "system_error_before", "http_429"] {
            shop.always("unifiedorder", kind).await;
            assert_eq!(shop.refuses_scan(&sku, ANN).await, "微信支付繁忙，请稍后重新扫码", "{kind}");
        }
        let refused = json!([{ "on": "unifiedorder", "kind": "refuse", "code": "NOAUTH" }]);
        shop.faults(refused).await;
        assert_eq!(shop.refuses_scan(&sku, ANN).await, "微信支付繁忙，请稍后重新扫码");
        shop.clears_faults().await;
        shop.scan_to_pay(&sku, ANN).await;
        assert_eq!(shop.orders_there_are().await, 1);
        shop.pass(Duration::from_secs(2 * 3600)).await;
        let state: Vec<Value> = shop.scanned().await.iter().map(|made| made["orderStatus"].clone()).collect();
        assert_eq!(state, ["3"], "and closed like any other");
    })
    .await;
}
