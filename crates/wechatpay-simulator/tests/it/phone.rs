//! The pages, as a browser without JavaScript uses them.

use crate::support::Shop;

async fn get(shop: &Shop, path: &str, language: &str) -> (u16, String) {
    let response = shop.http.get(shop.url(path)).header("accept-language", language).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn post(shop: &Shop, path: &str, form: String) -> (u16, String) {
    let request = shop.http.post(shop.url(path)).header("content-type", "application/x-www-form-urlencoded");
    let response = request.body(form).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn encoded(code: &str) -> String {
    code.replace(':', "%3A").replace('/', "%2F").replace('?', "%3F").replace('=', "%3D")
}

#[tokio::test]
async fn a_trade_is_picked_confirmed_and_paid() {
    let shop = Shop::open().await;
    let code = shop.prepay("A1").await;
    let (_, home) = get(&shop, "/", "zh-CN").await;
    assert!(home.contains("A1") && home.contains("1.01"));
    assert!(home.contains("畅购-手机 &lt;A&amp;B&gt;"), "what the merchant wrote is escaped");
    let (_, question) = get(&shop, &format!("/?code={}", encoded(&code)), "zh-CN").await;
    assert!(question.contains("确认支付") && question.contains("取消支付"));
    let (status, paid) = post(&shop, "/phone/pay", format!("code_url={}", encoded(&code))).await;
    assert!(status == 200 && paid.contains("支付成功"), "{paid}");
    let (status, again) = post(&shop, "/phone/pay", format!("code_url={}", encoded(&code))).await;
    assert!(status == 409 && again.contains("订单已支付"));
    shop.advance(0).await;
    let (_, notices) = get(&shop, "/notifications", "zh-CN").await;
    assert!(notices.contains("A1") && notices.contains("SUCCESS"));
}

#[tokio::test]
async fn cancelling_leaves_the_trade_unpaid() {
    let shop = Shop::open().await;
    let code = shop.prepay("B1").await;
    let (_, page) = get(&shop, &format!("/phone/cancelled?code={}", encoded(&code)), "en-GB,en;q=0.9").await;
    assert!(page.contains("Nothing was charged") && page.contains("lang=en"));
    assert_eq!(shop.query("B1").await["trade_state"], "NOTPAY");
}

#[tokio::test]
async fn what_cannot_be_paid_says_why() {
    let shop = Shop::open().await;
    let (status, page) = get(&shop, "/?code=%3Cscript%3E", "zh").await;
    assert!(status == 409 && page.contains("二维码无效") && !page.contains("<script"));
    let code = shop.prepay("C1").await;
    shop.advance(7200).await;
    let (_, page) = get(&shop, &format!("/?code={}", encoded(&code)), "zh").await;
    assert!(page.contains("二维码已过期"));
}

#[tokio::test]
async fn the_console_moves_time_and_arms_faults() {
    let shop = Shop::open().await;
    let (status, page) = post(&shop, "/console/advance", "seconds=7200".into()).await;
    assert!(status == 200 && page.contains("2026-09-23 17:30:00"), "{page}");
    assert_eq!(post(&shop, "/console/advance", "seconds=1".into()).await.0, 400);
    let (_, armed) = post(&shop, "/console/faults", "plan=drop".into()).await;
    assert!(armed.contains("&quot;kind&quot;:&quot;drop&quot;"));
    let (_, cleared) = post(&shop, "/console/faults", "plan=none".into()).await;
    assert!(!cleared.contains("&quot;kind&quot;"));
}

/// The fault of every button is valid for the control API.
#[tokio::test]
async fn every_button_arms_something() {
    let shop = Shop::open().await;
    let plans = [
        "drop",
        "delay",
        "twice",
        "sign",
        "amount",
        "500",
        "after",
        "outrun",
        "close",
        "meanwhile",
        "stuck",
        "row",
    ];
    for plan in plans {
        post(&shop, "/console/faults", format!("plan={plan}")).await;
    }
    let (_, told) = shop.control("GET", "/sim/faults", serde_json::Value::Null).await;
    assert_eq!(told["faults"].as_array().unwrap().len(), plans.len());
}

#[tokio::test]
async fn refunds_and_products_are_shown() {
    let shop = Shop::open().await;
    shop.paid("D1").await;
    shop.refund("D1", "R1", "40").await;
    let (_, home) = get(&shop, "/", "en").await;
    assert!(home.contains("refunded ¥0.40"), "{home}");
    let id = shop.query("D1").await["transaction_id"].clone();
    let (_, paid) = get(&shop, &format!("/phone/paid?transaction_id={id}"), "zh").await;
    assert!(paid.contains("退款中"));
    shop.advance(1).await;
    let (_, notices) = get(&shop, "/notifications", "en").await;
    assert!(notices.contains("· refund ·"));
    let link = "weixin%3A%2F%2Fwxpay%2Fbizpayurl%3Fproduct_id%3D1";
    let (status, page) = get(&shop, &format!("/?code={link}"), "zh").await;
    assert!(status == 409 && page.contains("商家没有给出订单"));
}
