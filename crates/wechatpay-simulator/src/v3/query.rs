//! `GET /v3/pay/transactions/out-trade-no/…` and `…/id/…`.

use serde_json::{Value, json};

use super::native::same_merchant;
use super::request::Request;
use super::response::{Outcome, Refusal, Told};
use crate::business_error::Failure;
use crate::faults::Falsehood;
use crate::state::World;
use crate::timestamp;
use crate::trade::{Standing, Trade};
use crate::v2::orderquery::COUPON_ID;
use crate::v2::pay_notice::ANOTHER_TRANSACTION;

/// How a trade stands, by the merchant's number.
pub fn by_number(world: &World, request: &Request) -> Outcome {
    check_mchid(request)?;
    let book = world.book();
    let trade = book.of_merchant(request.mch_id(), &request.number());
    let trade = trade.ok_or(Failure::OrderNotExist)?;
    Ok(Told::Json(tell(trade, world.clock().now())))
}

/// The same by WeChat's number.
pub fn by_id(world: &World, request: &Request) -> Outcome {
    check_mchid(request)?;
    let book = world.book();
    let trade = book.by_transaction(&request.number());
    let own = trade.filter(|trade| trade.order.merchant.mch_id == request.mch_id());
    Ok(Told::Json(tell(own.ok_or(Failure::OrderNotExist)?, world.clock().now())))
}

fn check_mchid(request: &Request) -> Result<(), Refusal> {
    let mch_id = request.query.get("mchid").ok_or_else(|| Refusal::param("/mchid", "必填字段缺失"))?;
    same_merchant(request, mch_id)
}

/// A trade as answers and notices tell it.
pub fn tell(trade: &Trade, now_ms: i64) -> Value {
    let order = &trade.order;
    let mut told = json!({
        "appid": order.merchant.appid,
        "mchid": order.merchant.mch_id,
        "out_trade_no": order.out_trade_no,
        "trade_state": trade.trade_state(now_ms),
        "trade_state_desc": trade.state_description(now_ms),
    });
    if let Some((_, attach)) = trade.terms.echo("attach") {
        told["attach"] = attach.into();
    }
    match trade.standing(now_ms) {
        Standing::Paid(payment) => {
            told["transaction_id"] = payment.transaction_id.clone().into();
            told["trade_type"] = "NATIVE".into();
            told["bank_type"] = "OTHERS".into();
            told["success_time"] = timestamp::v3(payment.paid_ms).into();
            told["payer"] = json!({ "openid": payment.openid });
            told["amount"] = json!({
                "total": payment.amount, "payer_total": payment.cash(), "currency": "CNY", "payer_currency": "CNY",
            });
            if payment.coupon > 0 {
                told["promotion_detail"] = json!([{
                    "coupon_id": COUPON_ID, "name": "模拟立减", "scope": "GLOBAL", "type": "NOCASH",
                    "amount": payment.coupon, "wechatpay_contribute": payment.coupon, "merchant_contribute": 0,
                    "other_contribute": 0, "currency": "CNY",
                }]);
            }
        }
        Standing::Waiting | Standing::Closed => {
            told["amount"] = json!({ "total": order.total_fee, "currency": "CNY" });
        }
    }
    told
}

/// Makes what tells of a trade, or of a refund, say something false.
pub fn falsify(told: &mut Value, falsehood: Falsehood) {
    match falsehood {
        Falsehood::WrongAmount { told: fen } => wrong_amount(told, fen),
        Falsehood::WrongCurrency => told["amount"]["currency"] = "USD".into(),
        Falsehood::ForeignMerchant => told["mchid"] = "1230000109".into(),
        Falsehood::ForeignAppid => told["appid"] = "wx2421b1c4370ec43b".into(),
        Falsehood::ForeignTrade => told["out_trade_no"] = "another-trade".into(),
        Falsehood::ForeignTransaction => told["transaction_id"] = ANOTHER_TRANSACTION.into(),
        Falsehood::ForeignTradeType => told["trade_type"] = "JSAPI".into(),
        Falsehood::NotPaid if told["refund_status"].is_string() => told["refund_status"] = "ABNORMAL".into(),
        Falsehood::NotPaid => told["trade_state"] = "PAYERROR".into(),
        Falsehood::TradeState(state) => {
            for name in ["transaction_id", "success_time", "payer"] {
                told.as_object_mut().map(|fields| fields.remove(name));
            }
            told["trade_state"] = state.into();
        }
        // Those spoil the envelope.
        Falsehood::BadSignature
        | Falsehood::BadCiphertext
        | Falsehood::WrongSerial
        | Falsehood::StaleTimestamp
        | Falsehood::SignTest => {}
    }
}

/// One fen buys everything, if nobody compares.
fn wrong_amount(told: &mut Value, fen: Option<i64>) {
    let fields = if told["amount"]["refund"].is_null() {
        ["total", "payer_total"]
    } else {
        ["refund", "payer_refund"]
    };
    let otherwise = if told["amount"][fields[0]] == 1 { 2 } else { 1 };
    for field in fields {
        told["amount"][field] = fen.unwrap_or(otherwise).into();
    }
}
