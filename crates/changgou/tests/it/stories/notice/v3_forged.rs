//! False notices of API v3: forged, replayed, for other merchants, or for attempts of API v2.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::Value;
use wechatpay::v3;
use wechatpay_simulator::MerchantKeys;

use crate::support::notice_target::{Target, notices_counted};
use crate::support::shop::{Platform, Shop};
use crate::support::wechat::{KEY, NOTICES, V3_NOTICES, sealed, text};

const TYPE: &str = "wechatpay-signature-type";
const SIGNATURE: &str = "wechatpay-signature";
const SERIAL: &str = "wechatpay-serial";
const TIMESTAMP: &str = "wechatpay-timestamp";
const NONCE: &str = "wechatpay-nonce";

/// A notice as WeChat sent it.
struct Letter {
    headers: HeaderMap,
    body: String,
}

impl Letter {
    /// A genuine notice that somebody intercepted.
    async fn kept(shop: &Shop, number: &str) -> Letter {
        shop.always("notice", "drop").await;
        let code = shop.trade(number).await;
        shop.phone_pays(&text(&code["code_url"])).await;
        Letter::sent(shop, number).await
    }

    /// The newest notice about this attempt.
    async fn sent(shop: &Shop, number: &str) -> Letter {
        let told = shop.deliveries(number).await.remove(0);
        let mut headers = HeaderMap::new();
        for (name, value) in told["headers"].as_object().unwrap() {
            let name: HeaderName = name.parse().unwrap();
            headers.insert(name, text(value).parse().unwrap());
        }
        Letter { headers, body: text(&told["body"]) }
    }

    fn with(&self, name: &'static str, value: &str) -> Letter {
        let mut headers = self.headers.clone();
        headers.insert(name, value.parse().unwrap());
        Letter { headers, body: self.body.clone() }
    }

    fn without(&self, name: &str) -> Letter {
        let mut headers = self.headers.clone();
        headers.remove(name);
        Letter { headers, body: self.body.clone() }
    }

    fn twice(&self, name: &'static str) -> Letter {
        let mut headers = self.headers.clone();
        headers.append(name, headers[name].clone());
        Letter { headers, body: self.body.clone() }
    }

    fn saying(&self, body: String) -> Letter {
        Letter { headers: self.headers.clone(), body }
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// The notice signed again with another key.
    fn signed_by(&self, private_key_pem: &str) -> Letter {
        let body = self.body.as_bytes();
        let signed = v3::answer_to_sign(self.header(TIMESTAMP), self.header(NONCE), body);
        self.with(SIGNATURE, &signature(private_key_pem, &signed))
    }

    async fn post(&self, shop: &Shop) -> (u16, Value) {
        let request = shop.http.post(shop.url(V3_NOTICES)).headers(self.headers.clone());
        let sent = request.body(self.body.clone()).send().await.unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap_or(Value::Null))
    }
}

fn signature(private_key_pem: &str, signed: &[u8]) -> String {
    let lines = private_key_pem.lines().filter(|line| !line.starts_with("-----"));
    let der = STANDARD.decode(lines.collect::<String>()).unwrap();
    let key = KeyPair::from_pkcs8(&der).unwrap();
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed, &mut signature).unwrap();
    STANDARD.encode(signature)
}

/// Posts notices; each must be refused with its reason and counted under it.
async fn refuses(shop: &Shop, target: &Target, letters: Vec<(&str, &str, Letter)>) {
    for (name, word, letter) in letters {
        let before = notices_counted(shop, word).await;
        let (status, answer) = letter.post(shop).await;
        assert_eq!((status, &answer["code"]), (400, &Value::from("FAIL")), "{name}: {answer}");
        assert_eq!(answer["message"], word, "{name}");
        assert!(notices_counted(shop, word).await > before, "{name}");
    }
    target.is_untouched(shop, "all of them").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_15_a_message_with_an_invalid_signature_is_refused() {
    Shop::run_v3(Platform::PublicKey, async |shop| {
        let target = Target::of(shop).await;
        let right = Letter::kept(shop, &target.number).await;
        let (ours, other) = (MerchantKeys::generated("1900000109"), MerchantKeys::generated("1230000109"));
        let letters = vec![
            ("no signature", "unsigned", right.without(SIGNATURE)),
            ("no time", "unsigned", right.without(TIMESTAMP)),
            ("no nonce", "unsigned", right.without(NONCE)),
            ("no serial", "unsigned", right.without(SERIAL)),
            ("two signatures", "malformed_headers", right.twice(SIGNATURE)),
            ("two serials", "malformed_headers", right.twice(SERIAL)),
            ("not base64", "malformed_headers", right.with(SIGNATURE, "!!!")),
            ("another way of signing", "other_sign_type", right.with(TYPE, "WECHATPAY2-SM2-WITH-SM3")),
            ("SIGNTEST", "probe", right.with(SIGNATURE, "WECHATPAY/SIGNTEST/abcdef")),
            ("our own key", "wrong_signature", right.signed_by(&ours.private_key_pem)),
            ("another merchant's key", "wrong_signature", right.signed_by(&other.private_key_pem)),
            ("our own serial", "unknown_serial", right.with(SERIAL, &ours.serial_no)),
            ("an unknown public key", "unknown_serial", right.with(SERIAL, "PUB_KEY_ID_0999")),
            ("another time", "wrong_signature", right.with(TIMESTAMP, "1795399201")),
            ("a time before all", "malformed_headers", right.with(TIMESTAMP, "-9223372036854775808")),
            ("another nonce", "wrong_signature", right.with(NONCE, "0123456789")),
            ("another body", "wrong_signature", right.saying(right.body.replacen('{', "{ ", 1))),
            ("no body", "wrong_signature", right.saying(String::new())),
            ("a notice of API v2", "wrong_signature", right.saying(sealed(&target.notice(), KEY))),
        ];
        refuses(shop, &target, letters).await;
        // The genuine notice and its copy are still accepted.
        assert_eq!(right.post(shop).await, (204, Value::Null));
        assert_eq!(right.post(shop).await, (204, Value::Null));
        assert_eq!(target.buyer.history(&target.order).await, ["placed", "paid"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_15_an_old_message_is_refused_even_if_it_is_genuine() {
    Shop::run_v3(Platform::PublicKey, async |shop| {
        let target = Target::of(shop).await;
        let right = Letter::kept(shop, &target.number).await;
        shop.clock.advance(Duration::from_secs(301));
        refuses(shop, &target, vec![("five minutes old", "stale", right)]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_15_a_message_unlike_wechats_is_refused() {
    Shop::run_v3(Platform::PublicKey, async |shop| {
        for (kind, word) in [
            ("bad_signature", "wrong_signature"),
            ("wrong_serial", "unknown_serial"),
            ("stale_timestamp", "stale"),
            ("sign_test", "probe"),
            ("bad_ciphertext", "undecryptable"),
            ("foreign_merchant", "foreign_merchant"),
            ("foreign_appid", "foreign_appid"),
        ] {
            let target = Target::of(shop).await;
            shop.once("notice", kind).await;
            let before = notices_counted(shop, word).await;
            shop.phone_pays(&text(&shop.trade(&target.number).await["code_url"])).await;
            let told = shop.deliveries(&target.number).await.remove(0);
            assert_eq!(
                (&told["fault"], &told["status"]),
                (&Value::from(kind), &Value::from(400)),
                "{told:#}"
            );
            target.is_untouched(shop, kind).await;
            assert!(notices_counted(shop, word).await > before, "{kind}");
            // Only WeChat's clock moves: the shop gets notices, it does not query.
            shop.wechat.advance(Duration::from_secs(15)).await;
            shop.clock.advance(Duration::from_secs(15));
            assert!(target.buyer.is_paid(&target.order).await, "{kind}: the ladder brings the right one");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_11_another_amount_than_requested_pays_nothing() {
    Shop::run_v3(Platform::PublicKey, async |shop| {
        for kind in ["wrong_amount", "wrong_currency", "foreign_trade_type"] {
            let target = Target::of(shop).await;
            shop.always("notice", kind).await;
            shop.phone_pays(&text(&shop.trade(&target.number).await["code_url"])).await;
            assert!(target.buyer.is_waiting(&target.order).await, "{kind}");
            let flags = shop.flags().await;
            let ours = flags.iter().find(|(_, number, _)| *number == target.number);
            assert_eq!(ours.map(|flag| flag.0.as_str()), Some("mismatch"), "{kind}: {flags:?}");
        }
    })
    .await;
}

/// The key of API v2 cannot settle a payment of API v3, nor the reverse.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_not_settled_through_the_other_api() {
    Shop::run_v3(Platform::PublicKey, async |shop| {
        let target = Target::of(shop).await;
        let before = notices_counted(shop, "other_protocol").await;
        let (status, answer) = shop.posts(sealed(&target.notice(), KEY)).await;
        assert_eq!(status, 400);
        assert!(answer.contains("other_protocol"), "{answer}");
        target.is_untouched(shop, "a notice of API v2").await;

        let letter = Letter::kept(shop, &target.number).await;
        shop.sql("update payment_attempt set protocol = 'v2', sign_type = 'HMAC-SHA256'").await;
        refuses(shop, &target, vec![("a notice of API v3", "other_protocol", letter)]).await;
        assert!(notices_counted(shop, "other_protocol").await >= before + 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_14_huge_or_meaningless_bodies_and_other_methods_are_refused() {
    Shop::run_v3(Platform::PublicKey, async |shop| {
        let target = Target::of(shop).await;
        let right = Letter::kept(shop, &target.number).await;
        let (status, answer) = right.saying("a".repeat(65 * 1024)).post(shop).await;
        assert_eq!((status, &answer["code"]), (413, &Value::from("FAIL")));
        for method in ["GET", "PUT", "DELETE"] {
            let sent = shop.http.request(method.parse().unwrap(), shop.url(V3_NOTICES));
            assert_eq!(sent.headers(right.headers.clone()).send().await.unwrap().status(), 405, "{method}");
        }
        target.is_untouched(shop, "size and method").await;
        shop.sql("delete from payment_attempt").await;
        let (status, answer) = right.post(shop).await;
        assert_eq!((status, &answer["message"]), (400, &Value::from("unknown_trade")));
    })
    .await;
}

/// Messages of one API are refused at the endpoints of the other.
#[tokio::test(flavor = "multi_thread")]
async fn case_14_each_endpoint_accepts_only_its_own_api() {
    Shop::run_v3(Platform::PublicKey, async |shop| {
        let target = Target::of(shop).await;
        let right = Letter::kept(shop, &target.number).await;
        for door in [NOTICES, "/api/weixin/pay/refund/notify"] {
            let sent = shop.http.post(shop.url(door)).headers(right.headers.clone()).body(right.body.clone());
            let answer = sent.send().await.unwrap();
            assert_eq!(answer.status(), 400, "{door}");
            assert!(answer.text().await.unwrap().contains("<return_code>FAIL</return_code>"), "{door}");
        }
        let xml = sealed(&target.notice(), KEY);
        let refund = "<xml><return_code>SUCCESS</return_code><req_info>AAAA</req_info></xml>";
        for body in [xml.as_str(), refund] {
            let bare = shop.http.post(shop.url(V3_NOTICES)).body(body.to_owned()).send().await.unwrap();
            assert_eq!(bare.json::<Value>().await.unwrap()["message"], "unsigned");
            let (status, answer) = right.saying(body.to_owned()).post(shop).await;
            assert_eq!((status, &answer["message"]), (400, &Value::from("wrong_signature")));
        }
        target.is_untouched(shop, "words of the other API").await;
    })
    .await;
}

/// A shop without API v3 has no endpoint for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_shop_of_api_v2_refuses_messages_of_v3() {
    Shop::run(async |shop| {
        let sent = shop.http.post(shop.url(V3_NOTICES)).body("{}").send().await.unwrap();
        assert_eq!(sent.status(), 400);
        assert_eq!(sent.json::<Value>().await.unwrap()["message"], "unsigned");
    })
    .await;
}
