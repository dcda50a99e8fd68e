//! What several stories check or do about an order.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::shop::{Person, Shop};
use crate::support::wechat::{UNIFIEDORDER, text};
use crate::support::wechat_proxy::{ProxyFault, WechatProxy};

/// Fails unless the order is open and holds stock and points.
pub async fn is_kept(buyer: &Person, order: &Value, sku: &str, left: (i64, i64)) {
    assert!(buyer.is_waiting(order).await, "{}", buyer.order(order).await);
    assert_eq!(buyer.stock_of(sku).await, left);
    assert_eq!(buyer.points().await, 10);
}

/// Fails unless the order is closed and its stock and points are returned.
pub async fn is_closed_and_returned(buyer: &Person, order: &Value, sku: &str, left: (i64, i64)) {
    assert!(buyer.is_closed(order).await, "{}", buyer.order(order).await);
    assert_eq!(buyer.stock_of(sku).await, left);
    assert_eq!(buyer.points().await, 0);
}

/// Makes an attempt whose request is lost on its way to WeChat, so that the shop gives it up; its number. The request
/// can arrive later ([`lost_request_arrives`]).
pub async fn loses_a_request(shop: &Shop, proxy: &WechatProxy, buyer: &Person, order: &Value) -> String {
    proxy.sets_fault(ProxyFault::Lost(UNIFIEDORDER));
    assert_eq!(buyer.tries_to_pay(order).await.status, 503);
    proxy.sets_fault(ProxyFault::None);
    for after in [5, 30] {
        shop.pass(Duration::from_secs(after)).await;
    }
    text(&buyer.payment_status(order).await["out_trade_no"])
}

/// Delivers the lost request; the code in WeChat's answer.
pub async fn lost_request_arrives(proxy: &WechatProxy, number: &str) -> String {
    let mut sent = proxy.sent(UNIFIEDORDER);
    sent.retain(|body| body.contains(number));
    proxy.delivers_late(UNIFIEDORDER, &sent[0]).await["code_url"].clone()
}

/// The sum of an order's refunds at WeChat, in fen.
pub async fn refunded_at_wechat(shop: &Shop, order: &Value) -> i64 {
    let number = order["id"].as_str().unwrap();
    let all = shop.control(Method::GET, "/sim/refunds", Value::Null).await;
    let refunds = all["refunds"].as_array().unwrap().clone();
    let trades = shop.trades().await;
    let own = |refund: &&Value| {
        let trade = trades.iter().find(|trade| trade["out_trade_no"] == refund["out_trade_no"]);
        trade.is_some_and(|trade| {
            trade["product_id"] == number || trade["body"].as_str().unwrap_or("").contains(number)
        })
    };
    let done = |refund: &&Value| refund["status"] == "SUCCESS";
    refunds.iter().filter(own).filter(done).map(|refund| refund["refund_fee"].as_i64().unwrap()).sum()
}

pub async fn ships(operator: &Person, order: &Value) {
    let parcel = json!([{ "id": order["id"], "shippingName": "顺丰", "shippingCode": "SF1" }]);
    operator.post("/api/order/batchSend", parcel).await.ok();
}
