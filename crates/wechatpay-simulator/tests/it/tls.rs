//! The listener that checks client certificates.

use reqwest::{Certificate, Client, Identity};
use wechatpay_simulator::{ClockMode, Merchant, SimulatorOptions};

use crate::support::{START_MS, Shop, Sign, client};

async fn shop() -> Shop {
    let mut options = SimulatorOptions::new(([127, 0, 0, 1], 0).into(), Merchant::demo());
    let other = Merchant { appid: "wxother".into(), mch_id: "1900000999".into(), api_key: "k".repeat(32) };
    options.merchants.push(other);
    options.listen_tls = Some(([127, 0, 0, 1], 0).into());
    options.clock = ClockMode::Manual { start_ms: START_MS };
    Shop::open_as(options).await
}

/// A client with the certificate of this merchant, or without one.
fn client_of(shop: &Shop, mch_id: Option<&str>) -> Client {
    let trusted = Certificate::from_pem(shop.simulator.tls_certificate_pem().as_bytes()).unwrap();
    let builder = Client::builder().no_proxy().tls_certs_only([trusted]);
    let builder = match mch_id.map(|mch_id| shop.simulator.merchant_keys(mch_id).unwrap()) {
        Some(keys) => {
            let pem = format!("{}{}", keys.private_key_pem, keys.certificate_pem);
            builder.identity(Identity::from_pem(pem.as_bytes()).unwrap())
        }
        None => builder,
    };
    builder.build().unwrap()
}

async fn refund(shop: &Shop, http: &Client, number: &str) -> (u16, String) {
    let own = client::fields(&[
        ("out_trade_no", "A"),
        ("out_refund_no", number),
        ("total_fee", "101"),
        ("refund_fee", "1"),
    ]);
    post(shop, http, "/secapi/pay/refund", client::signed(own, Sign::Md5)).await
}

async fn post(shop: &Shop, http: &Client, path: &str, body: String) -> (u16, String) {
    let url = format!("https://localhost:{}{path}", shop.simulator.tls_address().unwrap().port());
    let response = http.post(url).body(body).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn money_goes_out_only_to_who_shows_his_certificate() {
    let shop = shop().await;
    shop.paid("A").await;
    let (status, page) = refund(&shop, &client_of(&shop, None), "R1").await;
    assert!(status == 400 && page.contains("No required SSL certificate was sent"));
    let (_, told) = refund(&shop, &client_of(&shop, Some("1900000999")), "R1").await;
    assert_eq!(client::read(&told)["err_code"], "CERT_ERROR");
    assert!(client::is_signed(&client::read(&told), Sign::Md5));
    assert_eq!(shop.refund_query("out_refund_no", "R1").await["err_code"], "REFUNDNOTEXIST");
    let own = client_of(&shop, Some("1900000109"));
    let (_, told) = refund(&shop, &own, "R1").await;
    assert_eq!(client::read(&told)["result_code"], "SUCCESS");
    let asked = client::fields(&[("bill_date", "20260922"), ("account_type", "Basic")]);
    let (status, _) =
        post(&shop, &client_of(&shop, None), "/pay/downloadfundflow", client::signed(asked, Sign::Hmac))
            .await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn other_calls_need_no_certificate() {
    let shop = shop().await;
    shop.prepay("A").await;
    let asked = client::signed(client::fields(&[("out_trade_no", "A")]), Sign::Md5);
    let (_, told) = post(&shop, &client_of(&shop, None), "/pay/orderquery", asked).await;
    assert_eq!(client::read(&told)["trade_state"], "NOTPAY");
}
