//! API v3.

use serde_json::{Value, json};

use crate::support::v3::{V3, answer_is_signed, is_signed, order};
use crate::support::{Shop, Sign, client};

const BY_NUMBER: &str = "/v3/pay/transactions/out-trade-no/";
const REFUNDS: &str = "/v3/refund/domestic/refunds";

fn query(number: &str) -> String {
    format!("{BY_NUMBER}{number}?mchid=1900000109")
}

fn refund(shop: &Shop, number: &str, refund: &str, fen: i64) -> Value {
    json!({
        "out_trade_no": number, "out_refund_no": refund, "reason": "不要了", "notify_url": shop.receiver.url(),
        "amount": { "refund": fen, "total": 101, "currency": "CNY" },
    })
}

/// The last notice, verified.
async fn last_notice(shop: &Shop) -> Value {
    let delivery = shop.deliveries().await.pop().unwrap();
    let header = |name: &str| delivery["headers"][name].as_str().map(str::to_owned);
    let body = delivery["body"].as_str().unwrap();
    assert!(is_signed(&shop.simulator.platform_keys(), header, body), "{delivery}");
    serde_json::from_str(body).unwrap()
}

#[tokio::test]
async fn prepay_pay_notice_query() {
    let shop = Shop::open().await;
    let v3 = V3::of(&shop);
    let answer = v3.native(&shop, "A00001").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer_is_signed(&shop, &answer));
    assert_eq!(answer.headers["wechatpay-signature-type"], "WECHATPAY2-SHA256-RSA2048");
    assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");
    let unpaid = v3.get(&shop, &query("A00001")).await.json();
    assert_eq!((&unpaid["trade_state"], &unpaid["transaction_id"]), (&json!("NOTPAY"), &Value::Null));
    shop.pay(json!({ "code_url": answer.json()["code_url"], "openid": "o1" })).await;
    shop.advance(0).await;
    let notice = last_notice(&shop).await;
    assert_eq!(
        (&notice["event_type"], notice["id"].as_str().unwrap().len()),
        (&json!("TRANSACTION.SUCCESS"), 36)
    );
    assert_eq!(notice["resource"]["nonce"].as_str().unwrap().len(), 12);
    let told = v3.reveal(&notice["resource"]);
    let paid = v3.get(&shop, &query("A00001")).await.json();
    assert_eq!(told, paid);
    assert_eq!(
        paid["amount"],
        json!({ "total": 101, "payer_total": 101, "currency": "CNY", "payer_currency": "CNY" })
    );
    assert_eq!(
        (&paid["trade_state"], &paid["payer"]["openid"], &paid["attach"]),
        (&json!("SUCCESS"), &json!("o1"), &json!("a"))
    );
    assert_eq!(paid["success_time"], "2026-09-23T15:30:00+08:00");
    let id = paid["transaction_id"].as_str().unwrap();
    let by_id = v3.get(&shop, &format!("/v3/pay/transactions/id/{id}?mchid=1900000109")).await.json();
    assert_eq!(by_id, paid);
    assert_eq!(shop.query("A00001").await["trade_state"], "SUCCESS", "API v2 sees the same book");
}

#[tokio::test]
async fn both_kinds_of_keys_sign_as_they_are_asked_to() {
    let shop = Shop::open().await;
    let mut v3 = V3::of(&shop);
    let platform = shop.simulator.platform_keys();
    let answer = v3.native(&shop, "A00001").await;
    assert_eq!(answer.headers["wechatpay-serial"], *platform.certificates[0].serial_no);
    v3.serial = Some(platform.public_key_id.clone());
    let answer = v3.native(&shop, "A00002").await;
    assert_eq!(answer.headers["wechatpay-serial"], *platform.public_key_id);
    assert!(answer_is_signed(&shop, &answer));
    shop.pay_number("A00002").await;
    shop.advance(0).await;
    last_notice(&shop).await;
    assert_eq!(shop.deliveries().await[0]["headers"]["wechatpay-serial"], *platform.public_key_id);
    shop.control("PUT", "/sim/keys", json!({ "notices_by": "certificate" })).await;
    shop.pay_number("A00001").await;
    shop.advance(0).await;
    assert_eq!(
        shop.deliveries().await[1]["headers"]["wechatpay-serial"],
        *platform.certificates[0].serial_no
    );
}

#[tokio::test]
async fn certificates_are_hidden_under_the_merchants_key_and_rotate_with_overlap() {
    let shop = Shop::open().await;
    let v3 = V3::of(&shop);
    let listed = v3.get(&shop, "/v3/certificates").await;
    assert!(answer_is_signed(&shop, &listed));
    let told = v3.reveal_text(&listed.json()["data"][0]["encrypt_certificate"]).unwrap();
    assert_eq!(told, shop.simulator.platform_keys().certificates[0].certificate_pem);
    let serial =
        |answer: &crate::support::v3::Answer| answer.headers["wechatpay-serial"].to_str().unwrap().to_owned();
    let old = serial(&listed);
    shop.control("POST", "/sim/keys/rotate", json!({ "step": "publish" })).await;
    let both = v3.get(&shop, "/v3/certificates").await;
    assert_eq!((serial(&both), both.json()["data"].as_array().unwrap().len()), (old.clone(), 2));
    let (_, told) = shop.control("POST", "/sim/keys/rotate", json!({ "step": "switch" })).await;
    let switched = v3.get(&shop, "/v3/certificates").await;
    assert!(serial(&switched) != old && told["signing_serial"] == serial(&switched));
    assert!(answer_is_signed(&shop, &switched));
    shop.control("POST", "/sim/keys/rotate", json!({ "step": "forget" })).await;
    assert_eq!(v3.get(&shop, "/v3/certificates").await.json()["data"].as_array().unwrap().len(), 1);
    shop.control("POST", "/sim/keys/rotate", json!({})).await;
}

#[tokio::test]
async fn a_merchant_moves_to_the_public_key() {
    let shop = Shop::open().await;
    let v3 = V3::of(&shop);
    let key = shop.simulator.platform_keys().public_key_id;
    shop.control("PUT", "/sim/keys", json!({ "notices_by": "mixed" })).await;
    for number in ["A00001", "A00002"] {
        v3.native(&shop, number).await;
        shop.pay_number(number).await;
    }
    shop.advance(0).await;
    let deliveries = shop.deliveries().await;
    let by_key = deliveries.iter().filter(|delivery| delivery["headers"]["wechatpay-serial"] == *key).count();
    assert_eq!((deliveries.len(), by_key), (2, 1));
    shop.control("PUT", "/sim/keys", json!({ "certificates_are": "none" })).await;
    assert_eq!(v3.get(&shop, "/v3/certificates").await.json()["code"], "RESOURCE_NOT_EXISTS");
    assert_eq!(v3.native(&shop, "A00003").await.headers["wechatpay-serial"], *key);
}

#[tokio::test]
async fn who_signs_wrongly_gets_401_and_no_signature() {
    let shop = Shop::open().await;
    let v3 = V3::of(&shop);
    let target = query("A00001");
    let right = v3.authorization("GET", &target, "");
    let other = shop.simulator.merchant_keys("1900000999").unwrap();
    let foreign = V3 { keys: other, serial: None, now_s: v3.now_s };
    let stale = V3 { keys: v3.keys.clone(), serial: None, now_s: v3.now_s - 301 };
    let cases = [
        (String::new(), "格式错误"),
        ("WECHATPAY2-SHA256-RSA2048 mchid".to_owned(), "格式错误"),
        (right.replace("serial_no=\"", "serial_no=\"0"), "序列号"),
        (v3.authorization("POST", &target, ""), "签名错误"),
        (v3.authorization("GET", &query("A00002"), ""), "签名错误"),
        (foreign.authorization("GET", &target, "").replace("1900000999", "1900000109"), "序列号"),
        (stale.authorization("GET", &target, ""), "5分钟"),
    ];
    for (authorization, why) in cases {
        let request = shop.http.get(shop.url(&target)).header("authorization", authorization);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert!(!response.headers().contains_key("wechatpay-signature"));
        let told: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(told["code"], "SIGN_ERROR");
        assert!(told["message"].as_str().unwrap().contains(why), "{told}");
    }
    assert_eq!(v3.get(&shop, &target).await.status, 404);
    assert_eq!(foreign.get(&shop, &target.replace("1900000109", "1900000999")).await.status, 404);
    let strange = shop.http.get(shop.url("/v3/nothing")).send().await.unwrap();
    assert_eq!((strange.status().as_u16(), strange.text().await.unwrap()), (404, String::new()));
    let wrong = shop.http.get(shop.url("/v3/pay/transactions/native")).send().await.unwrap();
    assert_eq!((wrong.status().as_u16(), wrong.text().await.unwrap()), (405, String::new()));
}

/// The signature covers the raw bytes, whatever they mean.
#[tokio::test]
async fn strange_spacing_and_escapes_are_signed_as_sent() {
    let shop = Shop::open().await;
    let v3 = V3::of(&shop);
    let body = order(&shop, "A00001").to_string().replace("\":", "\" :  ").replace('畅', "\\u7545") + "\n";
    assert_eq!(v3.call(&shop, "POST", "/v3/pay/transactions/native", &body).await.status, 200);
    let target = "/v3/pay/transactions/out-trade-no/A0%30001?mchid=19%30%30000109";
    assert_eq!(v3.get(&shop, target).await.json()["out_trade_no"], "A00001");
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let shop = Shop::open().await;
    let v3 = V3::of(&shop);
    let cases = [
        ("/out_trade_no", json!("NO.123456")),
        ("/out_trade_no", json!("short")),
        ("/description", Value::Null),
        ("/amount/total", json!(0)),
        ("/amount/total", json!("101")),
        ("/amount/currency", json!("USD")),
        ("/notify_url", json!("http://a/?b=1")),
        ("/time_expire", json!("20260923153000")),
        ("/mchid", json!("1900000999")),
    ];
    for (field, value) in cases {
        let mut body = order(&shop, "A00001");
        *body.pointer_mut(field).unwrap_or(&mut Value::Null) = value.clone();
        if field == "/time_expire" {
            body["time_expire"] = value;
        }
        let told = v3.post(&shop, "/v3/pay/transactions/native", body).await;
        assert_eq!(
            (told.status, &told.json()["code"], &told.json()["detail"]["field"]),
            (400, &json!("PARAM_ERROR"), &json!(field))
        );
    }
    let mut body = order(&shop, "A00001");
    body["appid"] = "wxother".into();
    assert_eq!(
        v3.post(&shop, "/v3/pay/transactions/native", body).await.json()["code"],
        "APPID_MCHID_NOT_MATCH"
    );
    assert_eq!(v3.call(&shop, "POST", "/v3/pay/transactions/native", "[]").await.status, 400);
}

#[tokio::test]
async fn placing_again_and_closing() {
    let shop = Shop::open().await;
    let v3 = V3::of(&shop);
    let first = v3.native(&shop, "A00001").await.json();
    let again = v3.native(&shop, "A00001").await.json();
    assert!(again["code_url"].is_string() && again != first);
    let mut changed = order(&shop, "A00001");
    changed["amount"]["total"] = 102.into();
    assert_eq!(
        v3.post(&shop, "/v3/pay/transactions/native", changed).await.json()["code"],
        "INVALID_REQUEST"
    );
    let target = format!("{BY_NUMBER}A00001/close");
    for _ in 0..2 {
        let closed = v3.post(&shop, &target, json!({ "mchid": "1900000109" })).await;
        assert_eq!((closed.status, closed.text.as_str()), (204, ""));
        assert!(answer_is_signed(&shop, &closed));
    }
    assert_eq!(v3.get(&shop, &query("A00001")).await.json()["trade_state"], "CLOSED");
    assert_eq!(v3.native(&shop, "A00001").await.json()["code"], "ORDER_CLOSED");
    v3.native(&shop, "A00002").await;
    shop.pay_number("A00002").await;
    let target = format!("{BY_NUMBER}A00002/close");
    assert_eq!(v3.post(&shop, &target, json!({ "mchid": "1900000109" })).await.json()["code"], "ORDER_PAID");
}

#[tokio::test]
async fn a_refund_from_its_asking_to_its_notice() {
    let shop = Shop::open().await;
    let v3 = V3::of(&shop);
    v3.native(&shop, "A00001").await;
    shop.pay_number("A00001").await;
    let made = v3.post(&shop, REFUNDS, refund(&shop, "A00001", "R1", 40)).await;
    assert!(answer_is_signed(&shop, &made));
    assert_eq!(
        (&made.json()["status"], &made.json()["amount"]["refund"]),
        (&json!("PROCESSING"), &json!(40))
    );
    assert_eq!(v3.post(&shop, REFUNDS, refund(&shop, "A00001", "R1", 40)).await.json(), made.json());
    assert_eq!(v3.post(&shop, REFUNDS, refund(&shop, "A00001", "R1", 41)).await.status, 400);
    assert_eq!(
        v3.post(&shop, REFUNDS, refund(&shop, "A00001", "R2", 62)).await.json()["code"],
        "INVALID_REQUEST"
    );
    assert_eq!(v3.post(&shop, REFUNDS, refund(&shop, "A00009", "R3", 1)).await.status, 404);
    shop.advance(1).await;
    let notice = last_notice(&shop).await;
    assert_eq!(notice["event_type"], "REFUND.SUCCESS");
    let told = v3.reveal(&notice["resource"]);
    assert_eq!(
        (&told["refund_status"], &told["amount"]["refund"], &told["mchid"]),
        (&json!("SUCCESS"), &json!(40), &json!("1900000109"))
    );
    let done = v3.get(&shop, &format!("{REFUNDS}/R1")).await.json();
    assert_eq!(
        (&done["status"], &done["success_time"]),
        (&json!("SUCCESS"), &json!("2026-09-23T15:30:01+08:00"))
    );
    assert_eq!(v3.get(&shop, &format!("{REFUNDS}/R9")).await.json()["code"], "RESOURCE_NOT_EXISTS");
    assert_eq!(v3.get(&shop, &query("A00001")).await.json()["trade_state"], "REFUND");
    assert_eq!(shop.refund_query("out_refund_no", "R1").await["refund_status_0"], "SUCCESS");
}

#[tokio::test]
async fn a_refund_that_sticks_can_be_sent_on_its_way_again() {
    let shop = Shop::open().await;
    let v3 = V3::of(&shop);
    v3.native(&shop, "A00001").await;
    shop.pay_number("A00001").await;
    shop.faults(json!([{ "on": "refund", "kind": "ends_abnormal", "times": 1 }])).await;
    let made = v3.post(&shop, REFUNDS, refund(&shop, "A00001", "R1", 40)).await.json();
    shop.advance(1).await;
    assert_eq!(last_notice(&shop).await["event_type"], "REFUND.ABNORMAL");
    let target = format!("{REFUNDS}/{}/apply-abnormal-refund", made["refund_id"].as_str().unwrap());
    let body = json!({ "out_refund_no": "R1", "type": "MERCHANT_BANK_CARD" });
    assert_eq!(v3.post(&shop, &target, body.clone()).await.json()["status"], "PROCESSING");
    shop.advance(1).await;
    assert_eq!(last_notice(&shop).await["event_type"], "REFUND.SUCCESS");
    assert_eq!(v3.post(&shop, &target, body).await.status, 404);
    shop.faults(json!([{ "on": "refund", "kind": "ends_closed", "times": 1 }])).await;
    v3.post(&shop, REFUNDS, refund(&shop, "A00001", "R2", 40)).await;
    shop.advance(1).await;
    assert_eq!(last_notice(&shop).await["event_type"], "REFUND.CLOSED");
}

#[tokio::test]
async fn a_v3_notice_wants_200_or_204() {
    use crate::support::receiver::Reply;
    let shop = Shop::open().await;
    let v3 = V3::of(&shop);
    shop.receiver.reply([Reply::Text(500, "{\"code\":\"FAIL\"}"), Reply::Text(204, "")]);
    v3.native(&shop, "A00001").await;
    shop.pay_number("A00001").await;
    shop.advance(86_400).await;
    let deliveries = shop.deliveries().await;
    assert_eq!(deliveries.len(), 2);
    assert_eq!(deliveries[0]["body"], deliveries[1]["body"], "the same notice, signed anew");
    assert_ne!(
        deliveries[0]["headers"]["wechatpay-signature"],
        deliveries[1]["headers"]["wechatpay-signature"]
    );
}

#[tokio::test]
async fn v2_and_v3_share_one_book() {
    let shop = Shop::open().await;
    let v3 = V3::of(&shop);
    shop.paid("A00001").await;
    assert_eq!(v3.get(&shop, &query("A00001")).await.json()["trade_state"], "SUCCESS");
    assert_eq!(v3.post(&shop, REFUNDS, refund(&shop, "A00001", "R1", 40)).await.status, 200);
    assert_eq!(shop.refund("A00001", "R2", "62").await["err_code"], "INVALID_REQUEST");
    shop.advance(1).await;
    let last = shop.deliveries().await.pop().unwrap();
    assert!(last["body"].as_str().unwrap().contains("REFUND.SUCCESS"));
    let told = shop.call("/pay/unifiedorder", shop.order("A00001"), Sign::Md5).await;
    assert_eq!(told["err_code"], "ORDERPAID");
    assert!(client::is_signed(&told, Sign::Md5));
}

/// WeChat's Java SDK compares header names case-sensitively.
#[tokio::test]
async fn headers_are_written_as_wechat_writes_them() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let shop = Shop::open().await;
    let v3 = V3::of(&shop);
    let authorization = v3.authorization("GET", "/v3/certificates", "");
    let mut stream = tokio::net::TcpStream::connect(shop.simulator.address()).await.unwrap();
    let request = format!(
        "GET /v3/certificates HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.contains("\r\nWechatpay-Timestamp: ") && answer.contains("\r\nWechatpay-Serial: "),
        "{answer}"
    );
}

/// A refund without its own URL is notified at the merchant's URL, in the format of API v2.
#[tokio::test]
async fn a_v3_refund_without_an_address_of_its_own() {
    let shop = Shop::open().await;
    let v3 = V3::of(&shop);
    shop.control("PUT", "/sim/refund-notify-url", json!({ "url": shop.receiver.url() })).await;
    v3.native(&shop, "A00001").await;
    shop.pay_number("A00001").await;
    let mut body = refund(&shop, "A00001", "R1", 40);
    body.as_object_mut().unwrap().remove("notify_url");
    assert_eq!(v3.post(&shop, REFUNDS, body).await.status, 200);
    shop.advance(1).await;
    assert!(shop.deliveries().await.pop().unwrap()["body"].as_str().unwrap().contains("<req_info>"));
}
