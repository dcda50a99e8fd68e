//! Coupons, points, purchase limits and sales on the pages, in a browser without JavaScript.

use std::time::Duration;

use changgou::flow::demo;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::form_browser::{FormBrowser, hidden_field, redirect_of};
use crate::support::shop::{Person, START, Shop};

const HOUR: Duration = Duration::from_secs(3600);

/// Sends the settlement form as the page shows it, with these choices.
async fn sends(browser: &FormBrowser<'_>, page: &str, choices: &[(&str, &str)]) -> reqwest::Response {
    let shown = ["token", "payMoney", "skuIds", "addressId"].map(|name| (name, hidden_field(page, name)));
    let typed = [("payType", "1"), ("buyerMessage", "请放<门口>")];
    browser.sends("/order", &[&shown[..], &typed, choices].concat()).await
}

/// Whether the radio button of this coupon is chosen.
fn is_chosen(page: &str, coupon: &str) -> bool {
    page.contains(&format!("id=\"coupon-{coupon}\" name=\"couponId\" value=\"{coupon}\" checked"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_chooses_a_coupon_spends_points_and_pays() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(10).await);
        let after = json!({ "name": "回头券", "grantOnPaid": true, "amount": 500 });
        operator.makes_coupons(after).await;
        let coupon = operator.grants(&operator.makes_coupons(json!({})).await, buyer).await;
        let far = operator.makes_coupons(json!({ "name": "大额券", "minMoney": 100_000 })).await;
        operator.grants(&far, buyer).await;
        operator.get(&format!("/api/user/points/add?username={}&points=500", buyer.name)).await.ok();
        buyer.puts_in_cart(&sku, 3).await;

        let browser = FormBrowser::of(shop, buyer);
        let page = browser.sees("/order").await;
        assert!(is_chosen(&page, &coupon), "the best one is suggested: {page}");
        assert_eq!(hidden_field(&page, "payMoney"), "3000");
        assert!(page.contains("还差 ¥970.00 可用此优惠券") && page.contains("本单最多可用 500"), "{page}");

        let choices = [("act", "recalculate"), ("couponId", ""), ("points", "200")];
        let page = sends(&browser, &page, &choices).await.text().await.unwrap();
        assert!(!is_chosen(&page, &coupon) && page.contains("请放&#60;门口&#62;"), "{page}");
        assert_eq!(hidden_field(&page, "payMoney"), "3800");
        assert!(page.contains("max=\"500\" value=\"200\""), "{page}");

        let choices = [("act", "points"), ("couponId", coupon.as_str()), ("points", "200")];
        let page = sends(&browser, &page, &choices).await.text().await.unwrap();
        assert!(is_chosen(&page, &coupon) && page.contains("500 积分"), "{page}");
        assert_eq!(hidden_field(&page, "payMoney"), "2500");

        let choices = [("couponId", coupon.as_str()), ("points", "500")];
        let placed = sends(&browser, &page, &choices).await;
        let pay = redirect_of(&placed).to_owned();
        assert_eq!(
            redirect_of(&sends(&browser, &page, &choices).await),
            pay,
            "the same form twice is one order"
        );
        let other = sends(&browser, &page, &[("couponId", ""), ("points", "500")]).await;
        assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY, "another coupon is another request");
        paid_page_and_order_tell_of_it(shop, buyer, &browser, &pay).await;
    })
    .await;
}

async fn paid_page_and_order_tell_of_it(shop: &Shop, buyer: &Person, browser: &FormBrowser<'_>, pay: &str) {
    let id = pay.trim_start_matches("/pay/");
    let code = buyer.asks_for_code(&json!({ "id": id })).await;
    shop.phone_pays(code["code_url"].as_str().unwrap()).await;
    let page = browser.sees(pay).await;
    assert!(page.contains("送您一张优惠券") && page.contains("回头券"), "{page}");
    for page in [browser.sees(&format!("/orders/{id}")).await, browser.sees("/orders").await] {
        for told in ["优惠券", "−¥10.00", "500 积分", "−¥5.00", "¥25.00"] {
            assert!(page.contains(told), "no {told} in {page}");
        }
    }
    let used = browser.sees("/coupons?status=used").await;
    assert!(used.contains(&format!("/orders/{id}")), "{used}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coupon_used_in_another_tab_brings_the_page_back() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, skus) = (&buyers[0], shop.skus(2, 10).await);
        let coupon = operator.grants(&operator.makes_coupons(json!({})).await, buyer).await;
        for sku in &skus {
            buyer.puts_in_cart(sku, 2).await;
        }
        let browser = FormBrowser::of(shop, buyer);
        let chosen = [("couponId", coupon.as_str()), ("points", "")];
        let page = browser.sees(&format!("/order?skuIds={}", skus[0])).await;
        assert_eq!(hidden_field(&page, "payMoney"), "2000");
        buyer.post("/api/order", json!({ "skuIds": [skus[1]], "couponId": coupon })).await.ok();

        let refused = sends(&browser, &page, &chosen).await;
        assert_eq!(refused.status(), StatusCode::CONFLICT);
        let page = refused.text().await.unwrap();
        assert!(page.contains("优惠券已被其他订单使用") && page.contains("请放&#60;门口&#62;"), "{page}");
        assert_eq!((hidden_field(&page, "payMoney"), hidden_field(&page, "couponId")), ("3000", ""));
        assert!(redirect_of(&sends(&browser, &page, &[("couponId", "")]).await).starts_with("/pay/"));

        let gone = browser.opens(&format!("/order?couponId={coupon}&points=7")).await;
        assert_eq!(gone.status(), StatusCode::OK, "the page outlives its coupon and its points");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_points_become_the_most_that_may_be_spent() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(10).await);
        operator.get(&format!("/api/user/points/add?username={}&points=90000", buyer.name)).await.ok();
        buyer.puts_in_cart(&sku, 1).await;
        let browser = FormBrowser::of(shop, buyer);
        for (points, told) in [("800", "本单最多可用"), ("99999", "积分不足"), ("-1", "积分须为非负整数")]
        {
            let page = browser.sees(&format!("/order?points={points}")).await;
            assert!(page.contains(told), "{points}: {page}");
        }
        let page = browser.sees("/order").await;
        let refused = sends(&browser, &page, &[("couponId", ""), ("points", "99999")]).await;
        assert_eq!(refused.status(), StatusCode::CONFLICT);
        let page = refused.text().await.unwrap();
        assert_eq!(hidden_field(&page, "payMoney"), "1500", "half of the goods, and the postage");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_shown_before_during_and_after_its_sale() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let sku = shop.sku(10).await;
        let (from, to) = (START.plus(HOUR), START.plus(2 * HOUR));
        let sale = json!({ "saleFrom": from.rfc3339(), "saleTo": to.rfc3339(), "buyerLimit": 2 });
        operator.put(&format!("/api/sku/{sku}"), sale).await.ok();
        let browser = FormBrowser::of(shop, &buyers[0]);
        let (item, order) = (format!("/item/{sku}"), format!("/order?skuIds={sku}"));

        let page = browser.sees(&item).await;
        for told in ["11-23 11:00 开售", "1 小时 0 分钟", "尚未开售", "每人限购 2 件", "max=\"2\""]
        {
            assert!(page.contains(told), "no {told} in {page}");
        }
        assert!(browser.sees("/").await.contains("11-23 11:00 开售"));
        let added = browser.sends(&item, &[("num", "1"), ("then", "stay")]).await;
        assert_eq!(redirect_of(&added), format!("{item}?done=added"), "the cart may hold it already");
        kept_but_not_sold(&browser, &sku).await;

        shop.clock.advance(HOUR);
        assert!(browser.sees(&item).await.contains("立即购买"));
        let page = browser.sees(&order).await;
        assert!(page.contains("<button class=\"button\">提交订单"), "{page}");
        shop.clock.advance(HOUR);
        assert!(browser.sees(&item).await.contains("抢购已结束"));
        let refused = sends(&browser, &page, &[("couponId", "")]).await;
        assert_eq!(refused.status(), StatusCode::CONFLICT);
        assert!(refused.text().await.unwrap().contains("有商品的抢购已结束"));
    })
    .await;
}

/// A line whose sale has not begun stays in the cart and is not ordered.
async fn kept_but_not_sold(browser: &FormBrowser<'_>, sku: &str) {
    let cart = browser.sees("/cart").await;
    assert!(cart.contains("开售") && cart.contains(&format!("num.{sku}")), "{cart}");
    let settles = [("line", sku), ("selected", sku), ("act", "settle")];
    redirect_of(&browser.sends("/cart", &settles).await);
    assert!(browser.sees("/order").await.contains("没有要结算的商品"));
    let page = browser.sees(&format!("/order?skuIds={sku}")).await;
    assert!(page.contains("disabled>提交订单") && page.contains("尚未开售"), "{page}");
    let refused = sends(browser, &page, &[("couponId", "")]).await;
    assert!(refused.text().await.unwrap().contains("有商品尚未开售"));
}

#[tokio::test(flavor = "multi_thread")]
async fn coupons_are_shown_by_what_can_be_done_with_them() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(2).await;
        let names = json!({ "name": "九折券", "nameEn": "Tenth off", "kind": "percent", "amount": Value::Null,
                            "percent": 10, "most": 2000, "minMoney": 9900, "scope": "category", "scopeIds": [7] });
        operator.grants(&operator.makes_coupons(names).await, &buyers[0]).await;
        let browser = FormBrowser::of(shop, &buyers[0]);
        let page = browser.sees("/coupons").await;
        for told in ["九折券", "9 折", "满 ¥99 可用", "最多减 ¥20", "限指定品类", "2026-11-30 10:00"] {
            assert!(page.contains(told), "no {told} in {page}");
        }
        assert!(browser.sees("/coupons?lang=en").await.contains("Tenth off"));
        assert!(browser.sees("/coupons?status=used").await.contains("还没有用过优惠券"));
        assert!(!FormBrowser::of(shop, &buyers[1]).sees("/coupons").await.contains("九折券"));
        shop.clock.advance(24 * 7 * HOUR);
        assert!(browser.sees("/coupons").await.contains("暂时没有可用的优惠券"));
        assert!(browser.sees("/coupons?status=expired").await.contains("九折券"));
        assert_eq!(browser.opens("/coupons?status=x").await.status(), StatusCode::BAD_REQUEST);
        let nobody = FormBrowser::of(shop, &shop.stranger()).opens("/coupons").await;
        assert_eq!(redirect_of(&nobody), "/login?FROM=/coupons");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_shows_every_offer_and_is_seeded_once() {
    let demo = |settings: &mut changgou::infra::settings::Settings| settings.demo = true;
    Shop::run_with(demo, async |shop| {
        let login = json!({ "username": "demo", "password": "demo" });
        let login = shop.stranger().post("/api/user/login", login).await.ok();
        let buyer = shop.stranger().with_token(login["accessToken"].as_str().unwrap());
        let browser = FormBrowser::of(shop, &buyer);
        let shown = async || {
            let page = browser.sees("/coupons").await;
            let count = page.matches("<li class=\"ticket\">").count();
            assert!(page.contains("下单返券") && page.contains("图书九折券"), "{page}");
            assert!(browser.sees("/item/100000006862").await.contains("每人限购 2 件"));
            let soon = browser.sees("/item/100000011529").await.contains("11-23 10:10 开售");
            (count, soon)
        };
        assert_eq!(shown().await, (2, true));
        shop.clock.advance(HOUR);
        demo::fill_shop(&shop.running.app).await.expect("it is filled already");
        assert_eq!(shown().await, (2, false), "the sale is open and does not begin anew");
    })
    .await;
}
