//! The published vectors, sent over HTTP: the simulator accepts the signatures of WeChat's documentation.

use std::collections::BTreeMap;

use wechatpay_simulator::{ClockMode, Merchant, SimulatorOptions, start};

use crate::support::client::{self, Fields, Sign};

#[derive(serde::Deserialize)]
struct Vector {
    key: String,
    params: Fields,
    md5: String,
    hmac_sha256: Option<String>,
}

fn vectors() -> BTreeMap<String, Vector> {
    serde_json::from_str(include_str!("../published/v2.json")).unwrap()
}

#[test]
fn the_foreign_client_signs_them() {
    for (name, vector) in vectors() {
        assert_eq!(client::signature(&vector.params, &vector.key, Sign::Md5), vector.md5, "{name}");
        let hmac = client::signature(&vector.params, &vector.key, Sign::Hmac);
        assert_eq!(vector.hmac_sha256.unwrap_or_else(|| hmac.clone()), hmac, "{name}");
    }
}

/// The documented example has no order number. The simulator reports that after it has verified the signature.
#[tokio::test]
async fn the_documents_example_is_well_signed() {
    let vector = &vectors()["v2_official_doc"];
    let answer = post("/pay/orderquery", vector, 0).await;
    assert_eq!(answer["return_msg"], "缺少参数 out_trade_no");
}

#[tokio::test]
async fn an_order_with_chinese_and_markup_is_well_signed() {
    let new_year_2026 = 1_767_232_800_000;
    let answer = post("/pay/unifiedorder", &vectors()["v2_own_utf8_empty_value"], new_year_2026).await;
    assert_eq!(answer["result_code"], "SUCCESS");
}

async fn post(path: &str, vector: &Vector, start_ms: i64) -> Fields {
    let merchant = Merchant {
        appid: vector.params["appid"].clone(),
        mch_id: vector.params["mch_id"].clone(),
        api_key: vector.key.clone(),
    };
    let mut options = SimulatorOptions::new(([127, 0, 0, 1], 0).into(), merchant);
    options.clock = ClockMode::Manual { start_ms };
    let simulator = start(options).await.unwrap();
    let mut fields = vector.params.clone();
    fields.insert("sign".into(), vector.md5.clone());
    let url = format!("http://{}{path}", simulator.address());
    let response = reqwest::Client::new().post(url).body(client::write(&fields)).send().await.unwrap();
    client::read(&response.text().await.unwrap())
}
