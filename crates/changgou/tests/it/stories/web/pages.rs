//! Pages that report a problem.

use reqwest::Method;

use crate::support::form_browser::FormBrowser;
use crate::support::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_does_not_exist_keeps_the_login_and_the_cart() {
    Shop::run(async |shop| {
        let (buyer, skus) = (shop.buyer().await, shop.skus(3, 9).await);
        for sku in &skus {
            buyer.puts_in_cart(sku, 1).await;
        }
        let browser = FormBrowser::of(shop, &buyer);
        let header = |html: &str| html.split("<main").next().unwrap_or_default().replace("/?lang", "?lang");
        let home = browser.sees("/").await;
        for path in ["/nothing", "/orders/NO.1", "/item/1"] {
            let sent = browser.opens(path).await;
            assert_eq!(sent.status().as_u16(), 404, "{path}");
            let html = sent.text().await.unwrap();
            for words in [buyer.name.as_str(), "action=\"/logout\"", &format!("href=\"{path}?lang=en\"")] {
                assert!(html.contains(words), "{words} in {html}");
            }
            let count = |html: &str| header(html).matches(">3<").count();
            assert!(count(&html) == count(&home) && count(&home) > 0, "{html}");
        }
        let posted = browser.request(Method::POST, "/nothing").send().await.unwrap();
        assert_eq!(posted.status().as_u16(), 404);
        assert!(posted.text().await.unwrap().contains(&buyer.name));
        let stranger = shop.http.get(shop.url("/nothing")).send().await.unwrap();
        assert!(stranger.text().await.unwrap().contains("/login"));
    })
    .await;
}
