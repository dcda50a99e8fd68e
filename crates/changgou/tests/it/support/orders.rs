//! What several stories check or do about an order.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::shop::{Person, Shop};
use crate::support::wechat::{UNIFIEDORDER, text};
use crate::support::wire::{Trouble, Wire};

const HOUR: Duration = Duration::from_secs(3600);

/// Everything the order took is still taken.
pub async fn is_kept(buyer: &Person, order: &Value, sku: &str, left: (i64, i64)) {
    assert!(buyer.is_waiting(order).await, "{}", buyer.order(order).await);
    assert_eq!(buyer.stock_of(sku).await, left);
    assert_eq!(buyer.points().await, 10);
}

/// Everything the order took is back.
pub async fn is_given_back(buyer: &Person, order: &Value, sku: &str, left: (i64, i64)) {
    assert!(buyer.is_closed(order).await, "{}", buyer.order(order).await);
    assert_eq!(buyer.stock_of(sku).await, left);
    assert_eq!(buyer.points().await, 0);
}

/// An attempt whose request got lost on its way to WeChat: the shop gave it up.
/// Its request can arrive later, as they do. Gives its number.
pub async fn given_up(shop: &Shop, wire: &Wire, buyer: &Person, order: &Value) -> String {
    wire.is(Trouble::Lost(UNIFIEDORDER));
    assert_eq!(buyer.tries_to_pay(order).await.status, 503);
    wire.is(Trouble::None);
    for after in [5, 30] {
        shop.pass(Duration::from_secs(after)).await;
    }
    text(&buyer.standing(order).await["out_trade_no"])
}

/// The lost request arrives; the code WeChat gives for it.
pub async fn arrives(wire: &Wire, number: &str) -> String {
    let mut sent = wire.sent(UNIFIEDORDER);
    sent.retain(|body| body.contains(number));
    wire.arrives_late(UNIFIEDORDER, &sent[0]).await["code_url"].clone()
}

/// What went back by WeChat's own book, in fen.
pub async fn went_back(shop: &Shop, order: &Value) -> i64 {
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
