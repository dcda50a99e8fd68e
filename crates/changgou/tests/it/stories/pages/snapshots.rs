//! The main pages as they were last reviewed, in both languages.

use serde_json::json;

use crate::support::form_browser::FormBrowser;
use crate::support::shop::{Person, Shop};
use crate::support::snapshot::{same_page, same_text};

/// A buyer with an unpaid order of one SKU, and the same SKU in the cart; the SKU and the order.
async fn scene(shop: &Shop, operator: &Person, buyer: &Person) -> (String, String) {
    let sku = operator.puts_up(json!({ "name": "陶杯", "nameEn": "Clay mug", "price": 2500 })).await;
    let order = buyer.buys(&sku, 2).await;
    buyer.asks_for_code(&order).await;
    buyer.puts_in_cart(&sku, 1).await;
    assert_eq!(shop.lines_in_carts().await, 1);
    (sku, order["id"].as_str().unwrap().to_owned())
}

async fn pages_are_as_recorded(language: &str) {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (sku, order) = scene(shop, &operator, &buyers[0]).await;
        let browser = FormBrowser::in_language(shop, &buyers[0], language);
        let visitor = FormBrowser::in_language(shop, &shop.stranger(), language);
        same_text(&format!("page_home_{language}"), &visitor.sees("/").await);
        same_page(&format!("page_login_{language}"), &visitor.sees("/login").await);
        for (name, path) in [
            ("item", format!("/item/{sku}")),
            ("cart", "/cart".to_owned()),
            ("settlement", "/order".to_owned()),
            ("pay", format!("/pay/{order}")),
            ("order", format!("/orders/{order}")),
            ("orders", "/orders".to_owned()),
        ] {
            same_page(&format!("page_{name}_{language}"), &browser.sees(&path).await);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chinese_pages_are_as_recorded() {
    pages_are_as_recorded("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_english_pages_are_as_recorded() {
    pages_are_as_recorded("en").await;
}
