//! Buying on the pages with forms and redirects, as in a browser without JavaScript.

use reqwest::header::{CONTENT_SECURITY_POLICY, ORIGIN, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::form_browser::{FormBrowser, hidden_field, redirect_of};
use crate::support::shop::{Person, Shop};

#[tokio::test]
async fn a_buyer_buys_on_the_pages_though_the_price_changes() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (browser, sku) = (FormBrowser::of(shop, &buyers[0]), shop.sku(10).await);
        let added = browser.sends(&format!("/item/{sku}"), &[("num", "2"), ("then", "stay")]).await;
        assert_eq!(redirect_of(&added), format!("/item/{sku}?done=added"));

        let page = browser.sees("/order").await;
        let order = |page: &str| {
            [
                ("token", hidden_field(page, "token").to_owned()),
                ("payMoney", hidden_field(page, "payMoney").to_owned()),
                ("skuIds", hidden_field(page, "skuIds").to_owned()),
                ("addressId", hidden_field(page, "addressId").to_owned()),
                ("payType", "1".to_owned()),
                ("buyerMessage", "请放<门口>".to_owned()),
            ]
        };
        let sent = order(&page);
        operator.put(&format!("/api/sku/{sku}"), json!({ "price": 7777 })).await.ok();
        let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let refused = browser.sends("/order", &sent).await;
        assert_eq!(refused.status(), StatusCode::CONFLICT);
        let page = refused.text().await.unwrap();
        assert!(page.contains("价格有变动") && page.contains("请放&#60;门口&#62;"), "{page}");

        let sent = order(&page);
        let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let placed = browser.sends("/order", &sent).await;
        let pay = redirect_of(&placed).to_owned();
        assert!(pay.starts_with("/pay/NO."), "{pay}");
        let again = browser.sends("/order", &sent).await;
        assert_eq!(redirect_of(&again), pay, "the same form twice is one order");

        pays(shop, &buyers[0], &browser, &pay).await;
    })
    .await;
}

/// Pays by phone; the open page gets the event.
async fn pays(shop: &Shop, buyer: &Person, browser: &FormBrowser<'_>, pay: &str) {
    assert!(browser.sees(pay).await.contains("/api/qr?value=weixin"));
    let mut events = browser.opens(&format!("{pay}/events")).await;
    let first = events.chunk().await.unwrap().unwrap();
    assert_eq!(&first[..], b"event: payment\ndata: waiting\n\n");
    let id = pay.trim_start_matches("/pay/");
    let code = buyer.asks_for_code(&json!({ "id": id })).await;
    shop.phone_pays(code["code_url"].as_str().unwrap()).await;
    let second = events.chunk().await.unwrap().unwrap();
    assert_eq!(&second[..], b"event: payment\ndata: paid\n\n");
    assert!(events.chunk().await.unwrap().is_none(), "there is nothing more to tell");
    assert!(browser.sees(pay).await.contains("支付成功"));
}

#[tokio::test]
async fn every_button_of_the_cart_saves_all_its_fields() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let (browser, skus) = (FormBrowser::of(shop, &buyer), shop.skus(2, 9).await);
        buyer.puts_in_cart(&skus[0], 1).await;
        buyer.puts_in_cart(&skus[1], 1).await;
        let (first, second) = (skus[0].as_str(), skus[1].as_str());
        let (num, more) = (format!("num.{first}"), format!("more.{first}"));
        let form = [
            ("line", first),
            ("line", second),
            ("selected", first),
            (num.as_str(), "3"),
            ("act", more.as_str()),
        ];
        assert_eq!(redirect_of(&browser.sends("/cart", &form).await), "/cart");
        let lines = buyer.get("/api/cart/list").await.ok();
        let of =
            |sku: &str| lines.as_array().unwrap().iter().find(|line| line["skuId"] == sku).unwrap().clone();
        assert_eq!((of(first)["num"].as_i64(), of(first)["selected"].as_bool()), (Some(4), Some(true)));
        assert_eq!((of(second)["num"].as_i64(), of(second)["selected"].as_bool()), (Some(1), Some(false)));

        let nothing = [("line", first), ("line", second), ("act", "settle")];
        let refused = browser.sends("/cart", &nothing).await;
        assert_eq!(refused.status(), StatusCode::CONFLICT);
    })
    .await;
}

#[tokio::test]
async fn foreign_text_is_escaped_and_foreign_forms_are_refused() {
    Shop::run(async |shop| {
        let browser = FormBrowser::of(shop, &shop.buyer().await);
        let page = browser.opens("/?q=%3Cscript%3E%22").await;
        let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
        let page = page.text().await.unwrap();
        assert!(page.contains("&#60;script&#62;&#34;") && !page.contains("<script>\""), "{page}");

        for path in
            ["/cart", "/order", "/logout", "/login", "/register", "/addresses/new", "/item/1", "/pay/NO.1"]
        {
            let request = browser.request(Method::POST, path).header(ORIGIN, "https://evil.example");
            let sent = request.body("num=1&then=stay").send().await.unwrap();
            assert_eq!(sent.status(), StatusCode::FORBIDDEN, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn logging_in_returns_to_our_own_pages_only() {
    Shop::run(async |shop| {
        let nobody = FormBrowser::of(shop, &shop.stranger());
        let asked = nobody.opens("/orders?status=unpaid").await;
        assert_eq!(redirect_of(&asked), "/login?FROM=/orders%3Fstatus%3Dunpaid");
        let who = [("username", "xiaoming"), ("password", "secret1"), ("again", "secret1")];
        let registered = nobody.sends("/register", &[&who[..], &[("FROM", "/cart")]].concat()).await;
        assert_eq!(redirect_of(&registered), "/cart");
        for (from, to) in [
            ("/orders?page=2", "/orders?page=2"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example/", "/"),
            ("/\t/evil.example", "/"),
        ] {
            let sent = nobody.sends("/oauth/login", &[&who[..2], &[("FROM", from)]].concat()).await;
            assert_eq!(redirect_of(&sent), to, "{from:?}");
            assert!(sent.headers()[SET_COOKIE].to_str().unwrap().contains("HttpOnly; SameSite=Lax"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_buyer_never_sees_another_buyers_orders() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let order = buyers[0].buys(&shop.sku(5).await, 1).await;
        let other = FormBrowser::of(shop, &buyers[1]);
        let id = order["id"].as_str().unwrap();
        for path in [format!("/orders/{id}"), format!("/pay/{id}"), format!("/pay/{id}/events")] {
            assert_eq!(other.opens(&path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let cancelled = other.sends(&format!("/orders/{id}/cancel"), &[]).await;
        assert_eq!(cancelled.status(), StatusCode::NOT_FOUND);
        assert_eq!(buyers[0].order(&order).await["orderStatus"], "0");
    })
    .await;
}
