//! Forged callbacks change nothing.

use reqwest::Method;
use wechatpay::v2::{Fields, SignType, xml};

use crate::support::notice_target::notices_counted;
use crate::support::scan::{ANN, CALLBACK, callback, signed, told};
use crate::support::shop::Shop;
use crate::support::wechat::{KEY, sealed_by};

const OTHER_KEY: &str = "fedcba9876543210fedcba9876543210";

/// A callback with another value.
fn with(sku: &str, name: &str, value: &str) -> Fields {
    let mut fields = callback(sku, ANN);
    fields.insert(name.to_owned(), value.to_owned());
    fields
}

fn without(sku: &str, name: &str) -> Fields {
    let mut fields = callback(sku, ANN);
    fields.remove(name);
    fields
}

/// The signed callback with a part replaced afterwards.
fn mangled(sku: &str, from: &str, to: &str) -> String {
    let right = signed(&callback(sku, ANN));
    assert!(right.contains(from), "{right}");
    right.replacen(from, to, 1)
}

/// Posts bodies; each must be refused with its reason, counted, and change nothing.
async fn refuses(shop: &Shop, sku: &str, bodies: Vec<(&str, &str, Vec<u8>)>) {
    let before = shop.all_rows().await;
    for (name, word, body) in bodies {
        let count = notices_counted(shop, word).await;
        let (status, answer) = shop.calls_back(body).await;
        assert_eq!(status, 400, "{name}: {answer}");
        let fields = told(&answer);
        let said = (fields["return_code"].as_str(), fields["return_msg"].as_str());
        assert_eq!(said, ("FAIL", word), "{name}");
        assert_eq!(fields.len(), 2, "nothing is signed for who is not known: {answer}");
        assert!(notices_counted(shop, word).await > count, "{name}");
    }
    assert_eq!(shop.all_rows().await, before);
    assert!(shop.trades().await.is_empty());
    let (status, answer) = shop.calls_back(signed(&callback(sku, ANN))).await;
    assert_eq!((status, told(&answer)["result_code"].as_str()), (200, "SUCCESS"), "the right one is taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_not_signed_as_agreed_orders_nothing() {
    Shop::run(async |shop| {
        let (sku, dear) = (shop.sku(10).await, shop.sku(10).await);
        let hmac = |fields: &Fields| sealed_by(fields, KEY, SignType::HmacSha256);
        let other = sealed_by(&callback(&sku, ANN), OTHER_KEY, SignType::Md5);
        let bodies = vec![
            ("no signature", "unsigned", xml::write(&callback(&sku, ANN))),
            ("an empty one", "unsigned", xml::write(&with(&sku, "sign", ""))),
            ("guessed", "wrong_signature", xml::write(&with(&sku, "sign", &"0".repeat(32)))),
            ("in small letters", "wrong_signature", {
                let right = signed(&callback(&sku, ANN));
                let sign = told(&right)["sign"].clone();
                right.replace(&sign, &sign.to_lowercase())
            }),
            ("another key", "wrong_signature", other),
            ("HMAC, said so", "other_sign_type", hmac(&with(&sku, "sign_type", "HMAC-SHA256"))),
            ("HMAC, silently", "wrong_signature", hmac(&callback(&sku, ANN))),
            ("another product", "wrong_signature", mangled(&sku, &sku, &dear)),
            ("another payer", "wrong_signature", mangled(&sku, ANN, "oEve")),
            ("one more field", "wrong_signature", mangled(&sku, "<xml>", "<xml><a>1</a>")),
        ];
        let bytes = bodies.into_iter().map(|(name, word, body)| (name, word, body.into_bytes()));
        refuses(shop, &sku, bytes.collect()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_for_others_or_with_invalid_values_orders_nothing() {
    Shop::run(async |shop| {
        let sku = shop.sku(10).await;
        let other = |name: &str, value: &str| signed(&with(&sku, name, value));
        let lacking = |name: &str| signed(&without(&sku, name));
        let long = "1".repeat(33);
        let far = "o".repeat(129);
        let bodies = vec![
            ("another merchant", "foreign_merchant", other("mch_id", "1230000109")),
            ("another app", "foreign_appid", other("appid", "wx2421b1c4370ec43b")),
            ("no merchant", "missing_field", lacking("mch_id")),
            ("no app", "missing_field", lacking("appid")),
            ("no payer", "missing_field", lacking("openid")),
            ("no product", "missing_field", lacking("product_id")),
            ("a long product", "malformed_field", other("product_id", &long)),
            ("a product with a quote", "malformed_field", other("product_id", "1' or 1=1")),
            ("a product on two lines", "malformed_field", other("product_id", "1\n2")),
            ("a long payer", "malformed_field", other("openid", &far)),
            ("a payer with a space", "malformed_field", other("openid", "o 1")),
            ("a payer with a colon", "malformed_field", other("openid", "wx:1")),
            ("a payer of other letters", "malformed_field", other("openid", "微信")),
            ("neither follower nor not", "malformed_field", other("is_subscribe", "X")),
        ];
        let bytes = bodies.into_iter().map(|(name, word, body)| (name, word, body.into_bytes()));
        refuses(shop, &sku, bytes.collect()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anything_but_flat_xml_orders_nothing() {
    Shop::run(async |shop| {
        let sku = shop.sku(10).await;
        let product = format!("<product_id>{sku}</product_id>");
        let mangled = |from: &str, to: &str| mangled(&sku, from, to).into_bytes();
        let xxe = "<!DOCTYPE xml [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><xml>";
        let bodies: Vec<(&str, Vec<u8>)> = vec![
            ("a document type", mangled("<xml>", xxe)),
            ("an outside entity", mangled(&product, "<product_id>&f;</product_id>")),
            ("a field twice", mangled(&product, &product.repeat(2))),
            ("a field in a field", mangled(&product, &format!("<a>{product}</a>"))),
            ("an attribute", mangled("<product_id>", "<product_id a=\"1\">")),
            ("half of it", mangled("</xml>", "")),
            ("nothing", Vec::new()),
            ("not UTF-8", vec![0xe9; 100]),
            ("zeros", vec![0; 1000]),
            ("JSON", format!("{{\"product_id\":\"{sku}\"}}").into_bytes()),
            ("a form", format!("product_id={sku}&openid={ANN}").into_bytes()),
            ("deep", "<a>".repeat(20_000).into_bytes()),
        ];
        let bodies = bodies.into_iter().map(|(name, body)| (name, "xml", body));
        refuses(shop, &sku, bodies.collect()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn huge_bodies_and_other_methods_order_nothing() {
    Shop::run(async |shop| {
        let sku = shop.sku(10).await;
        let before = shop.all_rows().await;
        let padded = |bytes: usize| signed(&with(&sku, "attach", &"a".repeat(bytes)));
        assert_eq!(shop.calls_back(padded(65 * 1024)).await.0, 413);
        let sent = shop.http.post(shop.url(CALLBACK)).body(padded(10_000_000)).send().await;
        assert!(sent.is_err() || sent.unwrap().status() == 413);
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let sent =
                shop.http.request(method.clone(), shop.url(CALLBACK)).body(signed(&callback(&sku, ANN)));
            assert_eq!(sent.send().await.unwrap().status(), 405, "{method}");
        }
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}
