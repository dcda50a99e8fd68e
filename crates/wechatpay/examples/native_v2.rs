//! A Native order with `APIv2`: create, wait for the payment, refund a part.
//!
//! `cargo run -p wechatpay --example native_v2 -- http://127.0.0.1:8002 APPID MCH_ID KEY`

use std::env;
use std::error::Error;
use std::time::Duration;

use wechatpay::Clock;
use wechatpay::v2::{ApiKey, MutualTls, SignType, UnifiedOrder, V2Client, V2Merchant, V2Refund};

const SIGN_TYPE: SignType = SignType::HmacSha256;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [base_url, appid, mch_id, key] = arguments.as_slice() else {
        return Err("usage: native_v2 BASE_URL APPID MCH_ID API_KEY".into());
    };
    let merchant = V2Merchant { appid: appid.clone(), mch_id: mch_id.clone(), api_key: ApiKey::new(key)? };
    // WeChat requires MutualTls::with_certificate for refunds.
    let client = V2Client::new(base_url, merchant)?.with_mutual_tls(MutualTls::without_certificate())?;
    let number = pay(&client).await?;
    refund_half(&client, &number).await
}

/// Creates an order and waits for the payment.
async fn pay(client: &V2Client) -> Result<String, Box<dyn Error>> {
    let now = Clock::system().now();
    let order = UnifiedOrder {
        body: "Two mugs".into(),
        out_trade_no: format!("EX_{now}"),
        total_fee: 101,
        spbill_create_ip: "127.0.0.1".into(),
        notify_url: "http://127.0.0.1:8001/api/weixin/pay/notify/url".into(),
        product_id: "P1".into(),
        time_start: now,
        time_expire: now + 7_200_000,
        attach: None,
        sign_type: SIGN_TYPE,
    };
    // A shop stores the request here, so that it can repeat the same bytes.
    let request = order.request(client.merchant())?;
    let prepaid = client.unified_order(&request, SIGN_TYPE).await?;
    println!("scan {}", prepaid.code_url);
    loop {
        let trade = client.query_order(&order.out_trade_no, SIGN_TYPE).await?;
        println!("{}", trade.state);
        if let Some(payment) = trade.paid {
            println!("{payment:?}");
            return Ok(order.out_trade_no);
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

/// Refunds half of the amount.
async fn refund_half(client: &V2Client, number: &str) -> Result<(), Box<dyn Error>> {
    let refund = V2Refund {
        out_trade_no: number.into(),
        out_refund_no: format!("{number}_R1"),
        total_fee: 101,
        refund_fee: 50,
        refund_desc: Some("One mug was broken".into()),
        notify_url: None,
        sign_type: SIGN_TYPE,
    };
    let request = refund.request(client.merchant())?;
    let accepted = client.refund(&request, SIGN_TYPE).await?;
    println!("{accepted:?}");
    println!("{:?}", client.query_refund(&refund.out_refund_no, SIGN_TYPE).await?);
    Ok(())
}
