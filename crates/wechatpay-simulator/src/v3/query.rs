//! `GET /v3/pay/transactions/out-trade-no/…` and `…/id/…`.

use serde_json::{Value, json};

use super::native::same_merchant;
use super::request::V3IncomingRequest;
use super::response::{V3CallResult, V3Error, V3ResponseBody};
use crate::business_error::BusinessError;
use crate::faults::Falsification;
use crate::state::SimulatorState;
use crate::timestamp;
use crate::trade::{Trade, TradeStatusAt};
use crate::v2::orderquery::COUPON_ID;
use crate::v2::pay_notice::ANOTHER_TRANSACTION;

/// Queries a trade by the merchant's number.
pub fn by_number(state: &SimulatorState, request: &V3IncomingRequest) -> V3CallResult {
    check_mchid(request)?;
    let trades = state.trades();
    let trade = trades.find_trade(request.mch_id(), &request.number());
    let trade = trade.ok_or(BusinessError::OrderNotExist)?;
    Ok(V3ResponseBody::Json(describe(trade, state.clock().now())))
}

/// Queries a trade by WeChat's number.
pub fn by_id(state: &SimulatorState, request: &V3IncomingRequest) -> V3CallResult {
    check_mchid(request)?;
    let trades = state.trades();
    let trade = trades.by_transaction_id(&request.number());
    let own = trade.filter(|trade| trade.order.merchant.mch_id == request.mch_id());
    Ok(V3ResponseBody::Json(describe(own.ok_or(BusinessError::OrderNotExist)?, state.clock().now())))
}

fn check_mchid(request: &V3IncomingRequest) -> Result<(), V3Error> {
    let mch_id = request.query.get("mchid").ok_or_else(|| V3Error::param("/mchid", "必填字段缺失"))?;
    same_merchant(request, mch_id)
}

/// A trade in JSON, for responses and notices.
pub fn describe(trade: &Trade, now_ms: i64) -> Value {
    let order = &trade.order;
    let mut body = json!({
        "appid": order.merchant.appid,
        "mchid": order.merchant.mch_id,
        "out_trade_no": order.out_trade_no,
        "trade_state": trade.trade_state(now_ms),
        "trade_state_desc": trade.state_description(now_ms),
    });
    if let Some((_, attach)) = trade.terms.echo("attach") {
        body["attach"] = attach.into();
    }
    match trade.status_at(now_ms) {
        TradeStatusAt::Paid(payment) => {
            body["transaction_id"] = payment.transaction_id.clone().into();
            body["trade_type"] = "NATIVE".into();
            body["bank_type"] = "OTHERS".into();
            body["success_time"] = timestamp::v3(payment.paid_ms).into();
            body["payer"] = json!({ "openid": payment.openid });
            body["amount"] = json!({
                "total": payment.amount, "payer_total": payment.cash(), "currency": "CNY", "payer_currency": "CNY",
            });
            if payment.coupon > 0 {
                body["promotion_detail"] = json!([{
                    "coupon_id": COUPON_ID, "name": "模拟立减", "scope": "GLOBAL", "type": "NOCASH",
                    "amount": payment.coupon, "wechatpay_contribute": payment.coupon, "merchant_contribute": 0,
                    "other_contribute": 0, "currency": "CNY",
                }]);
            }
        }
        TradeStatusAt::Waiting | TradeStatusAt::Closed => {
            body["amount"] = json!({ "total": order.total_fee, "currency": "CNY" });
        }
    }
    body
}

/// Falsifies the JSON of a trade or a refund.
pub fn falsify(body: &mut Value, falsification: Falsification) {
    match falsification {
        Falsification::WrongAmount { amount: fen } => wrong_amount(body, fen),
        Falsification::WrongCurrency => body["amount"]["currency"] = "USD".into(),
        Falsification::ForeignMerchant => body["mchid"] = "1230000109".into(),
        Falsification::ForeignAppid => body["appid"] = "wx2421b1c4370ec43b".into(),
        Falsification::ForeignTrade => body["out_trade_no"] = "another-trade".into(),
        Falsification::ForeignTransaction => body["transaction_id"] = ANOTHER_TRANSACTION.into(),
        Falsification::ForeignTradeType => body["trade_type"] = "JSAPI".into(),
        Falsification::NotPaid if body["refund_status"].is_string() => {
            body["refund_status"] = "ABNORMAL".into()
        }
        Falsification::NotPaid => body["trade_state"] = "PAYERROR".into(),
        Falsification::TradeState(state) => {
            for name in ["transaction_id", "success_time", "payer"] {
                body.as_object_mut().map(|fields| fields.remove(name));
            }
            body["trade_state"] = state.into();
        }
        // These are applied to the signature or the ciphertext.
        Falsification::BadSignature
        | Falsification::BadCiphertext
        | Falsification::WrongSerial
        | Falsification::StaleTimestamp
        | Falsification::SignTest => {}
    }
}

/// By default one fen, to test whether the receiver compares amounts.
fn wrong_amount(body: &mut Value, fen: Option<i64>) {
    let fields = if body["amount"]["refund"].is_null() {
        ["total", "payer_total"]
    } else {
        ["refund", "payer_refund"]
    };
    let otherwise = if body["amount"][fields[0]] == 1 { 2 } else { 1 };
    for field in fields {
        body["amount"][field] = fen.unwrap_or(otherwise).into();
    }
}
