//! A Native order with `APIv3`: create, wait for the payment, refund a part.
//!
//! `cargo run -p wechatpay --example native_v3 -- BASE_URL APPID MCHID SERIAL KEY_FILE API_V3_KEY \
//! [PUB_KEY_ID PUB_KEY_FILE]`. Without a public key, WeChat's certificates are downloaded.

use std::env;
use std::error::Error;
use std::fs;
use std::time::Duration;

use wechatpay::v3::{ApiV3Key, Clock, NativeOrder, PlatformKeys, PrivateKey, V3Client, V3Merchant, V3Refund};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [base_url, appid, mchid, serial_no, key_file, api_v3_key, public @ ..] = arguments.as_slice() else {
        return Err(
            "usage: native_v3 BASE_URL APPID MCHID SERIAL_NO KEY_FILE API_V3_KEY [PUB_KEY_ID PUB_KEY_FILE]"
                .into(),
        );
    };
    let merchant = V3Merchant {
        appid: appid.clone(),
        mchid: mchid.clone(),
        serial_no: serial_no.clone(),
        private_key: PrivateKey::from_pem(&fs::read(key_file)?)?,
        api_v3_key: ApiV3Key::new(api_v3_key)?,
    };
    let keys = PlatformKeys::new();
    if let [id, file] = public {
        keys.add_public_key(id, &fs::read(file)?)?;
    }
    let client = V3Client::new(base_url, merchant, keys)?;
    if client.keys().public_key_id().is_none() {
        println!("{:?}", client.refresh_certificates().await?);
    }
    let number = pay(&client).await?;
    refund_half(&client, &number).await
}

/// Creates an order and waits for the payment.
async fn pay(client: &V3Client) -> Result<String, Box<dyn Error>> {
    let now = Clock::system().now();
    let order = NativeOrder {
        description: "Two mugs".into(),
        out_trade_no: format!("EX_{now}"),
        total: 101,
        notify_url: "http://127.0.0.1:8001/api/weixin/pay/v3/notify".into(),
        time_expire: now + 7_200_000,
        attach: None,
        payer_client_ip: None,
    };
    // A shop stores the request here, so that it can repeat the same bytes.
    let request = order.request(client.merchant())?;
    println!("scan {}", client.create_native_order(&request).await?.code_url);
    loop {
        let trade = client.query_order(&order.out_trade_no).await?;
        println!("{}", trade.state);
        if let Some(payment) = trade.paid {
            println!("{payment:?}");
            return Ok(order.out_trade_no);
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

/// Refunds half of the amount.
async fn refund_half(client: &V3Client, number: &str) -> Result<(), Box<dyn Error>> {
    let refund = V3Refund {
        out_trade_no: number.into(),
        out_refund_no: format!("{number}_R1"),
        total: 101,
        refund: 50,
        reason: Some("One mug was broken".into()),
        notify_url: None,
    };
    println!("{:?}", client.refund(&refund.request()?).await?);
    println!("{:?}", client.query_refund(&refund.out_refund_no).await?);
    Ok(())
}
