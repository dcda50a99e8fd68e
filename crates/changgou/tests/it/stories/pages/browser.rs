//! A whole purchase in a real browser, on a desktop in Chinese and on a phone in English. Screenshots are kept below
//! `target/tmp/pages`.

use std::time::Duration;

use crate::support::shop::{Person, Shop};
use crate::support::webdriver::{Browser, Mobile, Screen};

const DESKTOP: Screen =
    Screen { name: "desktop-zh", width: 1280, height: 1180, language: "zh-CN", mobile: Mobile::No };
const PHONE: Screen =
    Screen { name: "phone-en", width: 390, height: 844, language: "en", mobile: Mobile::Yes };

#[tokio::test(flavor = "multi_thread")]
async fn a_desktop_buyer_goes_from_the_front_page_to_paid() {
    purchase(&DESKTOP, ["支付成功", "等待支付"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_buyer_goes_from_the_front_page_to_paid() {
    purchase(&PHONE, ["Payment received", "Waiting for payment"]).await;
}

async fn purchase(screen: &Screen, [paid, waiting]: [&str; 2]) {
    let demo = |settings: &mut changgou::infra::settings::Settings| settings.demo = true;
    Shop::run_with(demo, async |shop| {
        let browser = Browser::open(screen).await;
        chooses(shop, &browser).await;
        logs_in(&browser).await;
        orders(&browser).await;

        assert!(browser.text("#pay-state").await.contains(waiting));
        looks_well(&browser, "pay").await;
        let order = pays(shop, &browser).await;
        assert!(browser.text("#pay h1").await.contains(paid));
        looks_well(&browser, "paid").await;

        the_rest_looks_well(shop, &browser, &order).await;
        browser.close().await;
    })
    .await;
}

/// Finds a SKU and puts it in the cart; a visitor is asked to log in.
async fn chooses(shop: &Shop, browser: &Browser) {
    browser.go(&shop.url("/")).await;
    looks_well(browser, "home").await;
    browser.press("a[href^='/item/']").await;
    browser.wait_for("form.buy").await;
    looks_well(browser, "item").await;
    browser.press("form.buy button[value='buy']").await;
    browser.wait_for("#username").await;
    looks_well(browser, "login").await;
}

async fn logs_in(browser: &Browser) {
    browser.write("#username", "demo").await;
    browser.write("#password", "wrong").await;
    browser.press("form[action='/login'] button").await;
    browser.wait_for("[role='alert']").await;
    browser.write("#username", "demo").await;
    browser.write("#password", "demo").await;
    browser.press("form[action='/login'] button").await;
    browser.wait_for("form.buy").await;
}

/// Buys two pieces by way of the cart.
async fn orders(browser: &Browser) {
    browser.write("#num", "2").await;
    browser.press("form.buy button[value='buy']").await;
    if browser.url().await.contains("/cart") {
        looks_well(browser, "cart").await;
        browser.press("button[value='settle']").await;
    }
    browser.wait_for("input[name='token']").await;
    looks_well(browser, "settlement").await;
    tries_without_the_coupon(browser).await;
    browser.press("form[action='/order'] button.button").await;
    browser.wait_for(".qr img").await;
}

/// The total follows the choice, and typed text stays.
async fn tries_without_the_coupon(browser: &Browser) {
    browser.write("#message", "ring twice").await;
    browser.wait_for(".sums .off").await;
    browser.press("#coupon-none").await;
    browser.wait_for(".sums dl:not(:has(.off))").await;
    browser.press(".coupons input").await;
    browser.wait_for(".sums .off").await;
}

/// The phone scans and confirms, WeChat notifies the shop, and the page changes by itself.
async fn pays(shop: &Shop, browser: &Browser) -> String {
    let order = browser.url().await.rsplit('/').next().unwrap().to_owned();
    let trades = shop.control(reqwest::Method::GET, "/sim/trades", serde_json::json!({})).await;
    let trades = trades["trades"].as_array().unwrap();
    let trade = trades.iter().find(|trade| trade["body"].as_str().unwrap().contains(&order)).unwrap();
    shop.phone_pays(trade["code_url"].as_str().unwrap()).await;
    browser.wait_for(".pay-sign.good").await;
    order
}

/// Visits each other page once.
async fn the_rest_looks_well(shop: &Shop, browser: &Browser, order: &str) {
    for (path, name) in [
        ("/orders", "orders"),
        ("/addresses", "addresses"),
        ("/coupons", "coupons"),
        ("/item/100000011529", "item-soon"),
        ("/cart", "cart-empty"),
        ("/register", "register"),
        ("/?q=手机", "search"),
        ("/no/such/page", "missing-page"),
    ] {
        browser.go(&shop.url(path)).await;
        looks_well(browser, name).await;
    }
    browser.go(&shop.url(&format!("/orders/{order}"))).await;
    assert!(browser.text(".two .facts").await.contains("ring twice"));
    looks_well(browser, "order").await;
}

/// Takes a screenshot, and fails if the page is wider than the window.
async fn looks_well(browser: &Browser, name: &str) {
    browser.wait_for("main, .page, body").await;
    browser.photograph(name).await;
    assert!(!browser.overflows().await, "{name} is wider than the window");
}

/// The purchase without JavaScript: forms and redirects only.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_javascript_can_buy_too() {
    Shop::run_with(
        |settings| settings.demo = true,
        async |shop| {
            let visitor = Visitor::of(shop);
            let login = visitor.post("/login", "username=demo&password=demo&FROM=%2Fcart").await;
            assert_eq!(login.location(), "/cart");
            let cookie = login.cookie();
            let visitor = Visitor { cookie, ..visitor };
            visitor.post("/item/100000003145", "num=1&then=stay").await;
            let page = visitor.get("/order").await.text;
            let token = between(&page, "name=\"token\" value=\"", "\"");
            let total = between(&page, "name=\"payMoney\" value=\"", "\"");
            let address = between(&page, "name=\"addressId\" value=\"", "\"");
            assert_eq!(total, "398900", "the coupon that is suggested is taken off");
            let form =
                format!("token={token}&payMoney={total}&skuIds=100000003145&addressId={address}&payType=1");
            let placed = visitor.post("/order", &form).await;
            assert!(placed.location().starts_with("/pay/NO."), "{}", placed.location());
            let again = visitor.post("/order", &form).await;
            assert_eq!(again.location(), placed.location(), "a double click is one order");
            let page = visitor.get(&placed.location()).await.text;
            assert!(page.contains("<noscript>") && page.contains("/api/qr?"), "{page}");
        },
    )
    .await;
}

/// A browser that only knows forms and one cookie.
struct Visitor {
    person: Person,
    cookie: String,
    origin: String,
}

struct Page {
    headers: reqwest::header::HeaderMap,
    text: String,
}

impl Visitor {
    fn of(shop: &Shop) -> Visitor {
        Visitor { person: shop.stranger(), cookie: String::new(), origin: shop.url("") }
    }

    async fn get(&self, path: &str) -> Page {
        self.send(self.person.request(reqwest::Method::GET, path)).await
    }

    async fn post(&self, path: &str, form: &str) -> Page {
        let request = self.person.request(reqwest::Method::POST, path).body(form.to_owned());
        let kind = "application/x-www-form-urlencoded";
        self.send(request.header("content-type", kind).header("origin", &self.origin)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        let request = request.header("cookie", &self.cookie).timeout(Duration::from_secs(30));
        let answer = request.send().await.unwrap();
        Page { headers: answer.headers().clone(), text: answer.text().await.unwrap() }
    }
}

impl Page {
    fn location(&self) -> String {
        let location = self.headers.get("location").unwrap_or_else(|| panic!("no redirect: {}", self.text));
        location.to_str().unwrap().to_owned()
    }

    fn cookie(&self) -> String {
        let all = self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
        let pairs: Vec<&str> = all.filter_map(|cookie| cookie.split(';').next()).collect();
        pairs.join("; ")
    }
}

fn between<'p>(page: &'p str, from: &str, to: &str) -> &'p str {
    let rest = page.split_once(from).unwrap_or_else(|| panic!("no {from} in {page}")).1;
    rest.split(to).next().unwrap()
}
