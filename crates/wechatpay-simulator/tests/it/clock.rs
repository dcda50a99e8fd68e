//! Effects of time.

use serde_json::{Value, json};
use wechatpay_simulator::{ClockMode, CloseRule};

use crate::support::receiver::Reply;
use crate::support::{START_MS, Shop, Sign};

const LADDER_S: [u32; 15] =
    [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600];

#[tokio::test]
async fn a_code_lives_two_hours_and_its_order_longer() {
    let shop = Shop::open().await;
    let code = shop.prepay("A1").await;
    shop.advance(2 * 3600).await;
    let (status, told) = shop.pay(json!({ "code_url": code })).await;
    assert_eq!((status, told["error"].as_str()), (410, Some("code_expired")));
    assert_eq!(shop.query("A1").await["trade_state"], "NOTPAY");
    let code = shop.prepay("A1").await;
    assert_eq!(shop.pay(json!({ "code_url": code })).await.0, 200);
}

#[tokio::test]
async fn an_unpaid_order_closes_after_seven_days() {
    let shop = Shop::open().await;
    shop.prepay("B1").await;
    shop.advance(7 * 86400 - 1).await;
    assert_eq!(shop.query("B1").await["trade_state"], "NOTPAY");
    shop.advance(1).await;
    assert_eq!(shop.query("B1").await["trade_state"], "CLOSED");
    assert_eq!(shop.close("B1").await["err_code"], "ORDERCLOSED");
}

#[tokio::test]
async fn an_unpaid_order_closes_at_time_expire() {
    let shop = Shop::open().await;
    for (expire, result) in [("20260923153100", "FAIL"), ("20260923153101", "SUCCESS")] {
        let mut order = shop.order("C1");
        order.insert("time_expire".into(), expire.into());
        assert_eq!(shop.call("/pay/unifiedorder", order, Sign::Md5).await["result_code"], result);
    }
    shop.advance(60).await;
    assert_eq!(shop.query("C1").await["trade_state"], "NOTPAY");
    shop.advance(1).await;
    assert_eq!(shop.query("C1").await["trade_state"], "CLOSED");
    assert_eq!(shop.pay(json!({ "out_trade_no": "C1" })).await.1["error"], "order_closed");
}

#[tokio::test]
async fn refused_notices_come_again_at_the_ladders_exact_times() {
    let shop = Shop::open().await;
    let unwilling = [(500, ""), (200, "OK"), (200, "<xml><return_code>FAIL</return_code></xml>")];
    shop.receiver.reply(unwilling.iter().cycle().take(16).map(|(status, text)| Reply::Text(*status, text)));
    shop.prepay("D1").await;
    shop.pay_number("D1").await;
    assert!(shop.deliveries().await.is_empty(), "nothing leaves while the clock stands");
    shop.advance(86_640 + 86_400).await;
    let times: Vec<String> = shop.deliveries().await.iter().map(|delivery| text(&delivery["at"])).collect();
    let steps = LADDER_S.iter().scan(0, |sum, step| Some(std::mem::replace(sum, *sum + step)).map(|_| *sum));
    let expected: Vec<String> = std::iter::once(0).chain(steps).map(|s| at(i64::from(s) * 1000)).collect();
    assert_eq!(times, expected);
    assert_eq!(shop.receiver.bodies().len(), 16);
    assert!(shop.receiver.bodies().iter().all(|body| *body == shop.receiver.bodies()[0]));
}

#[tokio::test]
async fn success_ends_the_ladder() {
    let shop = Shop::open().await;
    shop.receiver.reply([Reply::Text(500, ""), Reply::Text(404, crate::support::receiver::SUCCESS)]);
    shop.prepay("E1").await;
    shop.pay_number("E1").await;
    shop.advance(0).await;
    assert_eq!(shop.deliveries().await[0]["next_retry_at"], at(15_000));
    shop.advance(86_400).await;
    let deliveries = shop.deliveries().await;
    let acknowledged: Vec<_> = deliveries.iter().map(|delivery| delivery["acknowledged"].clone()).collect();
    assert_eq!(acknowledged, [false, false, true]);
    assert_eq!(deliveries[2]["next_retry_at"], Value::Null);
}

#[tokio::test]
async fn no_answer_within_five_seconds_is_a_refusal() {
    let shop = Shop::open().await;
    shop.receiver.reply([Reply::Silence]);
    shop.prepay("F1").await;
    shop.pay_number("F1").await;
    shop.advance(15).await;
    let deliveries = shop.deliveries().await;
    assert_eq!(deliveries[0]["error"], "no answer within five seconds");
    assert_eq!(deliveries[1]["acknowledged"], true);
}

#[tokio::test]
async fn in_real_time_notices_leave_by_themselves_and_an_advance_brings_the_rest() {
    let shop = Shop::open_with(ClockMode::Real, CloseRule::AtOnce).await;
    shop.receiver.reply([Reply::Text(500, "")]);
    shop.prepay("G1").await;
    shop.pay_number("G1").await;
    shop.receiver.wait_for(1).await;
    shop.advance(15).await;
    assert_eq!(shop.receiver.bodies().len(), 2);
    let (_, clock) = shop.control("GET", "/sim/clock", Value::Null).await;
    assert_eq!(clock["mode"], "real");
    assert!(clock["advanced_ms"].as_i64().unwrap() >= 14_000);
}

fn at(after_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(START_MS + after_ms).unwrap();
    format!("{at:.3}")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
