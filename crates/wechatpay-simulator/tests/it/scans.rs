//! Native mode one: the code of a product.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::{Value, json};

use crate::support::client::{self, Fields, KEY, is_signed};
use crate::support::{Shop, Sign};

/// The link of the published vector, signed by this merchant.
const LINK: &str = "weixin://wxpay/bizpayurl?sign=A7A918A5DE6A957E4332F514AA71EC59&appid=wx8888888888888888\
                    &mch_id=1900000109&product_id=P1&time_stamp=1795456575&nonce_str=abcdefghijklmnop";

fn link(product_id: &str, sign: Sign) -> String {
    let mut fields = client::fields(&[
        ("appid", "wx8888888888888888"),
        ("mch_id", "1900000109"),
        ("product_id", product_id),
        ("time_stamp", "1795456575"),
        ("nonce_str", "abcdefghijklmnop"),
    ]);
    fields.insert("sign".into(), client::signature(&fields, KEY, sign));
    let encoded = |value: &str| value.replace('|', "%7C");
    let query: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    format!("weixin://wxpay/bizpayurl?{}", query.join("&"))
}

/// A merchant that creates an order for P1 and refuses everything else.
async fn merchant(shop: &Shop) -> String {
    let prepay = shop.call("/pay/unifiedorder", shop.order("M1"), Sign::Md5).await["prepay_id"].clone();
    let router = Router::new().route("/scan", post(answer)).with_state(prepay);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/scan", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

async fn answer(State(prepay_id): State<String>, body: String) -> String {
    let asked = client::read(&body);
    let sign = if asked.contains_key("sign_type") { Sign::Hmac } else { Sign::Md5 };
    assert!(is_signed(&asked, sign) && asked["is_subscribe"] == "N" && asked["openid"] == "o1", "{asked:?}");
    let mut told: Fields = client::fields(&[("return_code", "SUCCESS")]);
    match asked["product_id"].as_str() {
        "P1" | "P|1" => told.extend(client::fields(&[("result_code", "SUCCESS"), ("prepay_id", &prepay_id)])),
        "wrong" => told.extend(client::fields(&[("result_code", "SUCCESS"), ("prepay_id", "wx1")])),
        "xml" => return "no xml".into(),
        _ => told.extend(client::fields(&[("result_code", "FAIL"), ("err_code_des", "此商品无效")])),
    }
    let text = client::signed(told, Sign::Md5);
    if asked["product_id"] == "unsigned" { text.replace("<sign>", "<sign>0") } else { text }
}

async fn scan(shop: &Shop, link: &str) -> (u16, Value) {
    shop.control("POST", "/sim/scan", json!({ "link": link, "openid": "o1" })).await
}

#[tokio::test]
async fn a_scan_asks_the_merchant_and_shows_what_he_says() {
    let shop = Shop::open().await;
    assert_eq!(scan(&shop, LINK).await.1["message"], "no callback URL is set");
    let url = merchant(&shop).await;
    assert_eq!(shop.control("PUT", "/sim/native-callback", json!({ "url": url })).await.0, 200);
    let (_, told) = scan(&shop, LINK).await;
    assert_eq!((&told["outcome"], &told["trade"]["out_trade_no"]), (&json!("order"), &json!("M1")), "{told}");
    assert_eq!(scan(&shop, &link("P|1", Sign::Hmac)).await.1["outcome"], "order");
    let (_, refused) = scan(&shop, &link("P2", Sign::Md5)).await;
    assert_eq!((&refused["outcome"], &refused["message"]), (&json!("refused"), &json!("此商品无效")));
    for product in ["wrong", "xml", "unsigned"] {
        assert_eq!(scan(&shop, &link(product, Sign::Md5)).await.1["outcome"], "wrong_answer", "{product}");
    }
    let pay = json!({ "link": LINK, "openid": "o1", "pay": true });
    let (_, paid) = shop.control("POST", "/sim/scan", pay).await;
    assert_eq!((&paid["outcome"], &paid["trade"]["trade_state"]), (&json!("paid"), &json!("SUCCESS")));
    shop.control("PUT", "/sim/native-callback", json!({ "url": "http://127.0.0.1:1/none" })).await;
    assert_eq!(scan(&shop, LINK).await.1["outcome"], "no_answer");
}

#[tokio::test]
async fn links_that_are_none() {
    let shop = Shop::open().await;
    let cases = [
        ("weixin://wxpay/bizpayurl?pr=abc".to_owned(), "not_mode_one"),
        (LINK.replace("P1", "P2"), "bad_signature"),
        (LINK.replace("1900000109", "1900000999"), "no_merchant"),
        (LINK.replace("&nonce_str=abcdefghijklmnop", ""), "bad_link"),
    ];
    for (link, word) in cases {
        let (status, told) = scan(&shop, &link).await;
        assert_eq!((status, told["error"].as_str()), (400, Some(word)));
    }
    assert_eq!(shop.control("PUT", "/sim/native-callback", json!({ "url": "nonsense" })).await.0, 400);
}

#[tokio::test]
async fn short_links_lead_to_long_ones() {
    let shop = Shop::open().await;
    let url = merchant(&shop).await;
    shop.control("PUT", "/sim/native-callback", json!({ "url": url })).await;
    let answer = shop.call("/tools/shorturl", client::fields(&[("long_url", LINK)]), Sign::Md5).await;
    assert!(is_signed(&answer, Sign::Md5) && answer["short_url"].starts_with("weixin://wxpay/s/"));
    assert_eq!(scan(&shop, &answer["short_url"]).await.1["outcome"], "order");
    let wrong = shop.call("/tools/shorturl", client::fields(&[("long_url", "http://x")]), Sign::Md5).await;
    assert_eq!(wrong["return_msg"], "invalid long_url");
}
