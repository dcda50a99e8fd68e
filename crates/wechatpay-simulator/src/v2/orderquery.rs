//! `/pay/orderquery`.

use super::error::MalformedRequest;
use super::request::V2IncomingRequest;
use super::response::{V2CallResult, to_fields};
use crate::business_error::BusinessError;
use crate::state::SimulatorState;
use crate::trade::{Payment, Trade, TradeStatusAt};

/// The state of a trade. `transaction_id` takes precedence over `out_trade_no`.
pub fn query(state: &SimulatorState, request: &V2IncomingRequest) -> V2CallResult {
    let now_ms = state.clock().now();
    let trades = state.trades();
    let found = match (request.get("transaction_id"), request.get("out_trade_no")) {
        (Some(id), _) => trades
            .by_transaction_id(id)
            .filter(|trade| trade.order.merchant.mch_id == request.merchant.mch_id),
        (None, Some(number)) => trades.find_trade(&request.merchant.mch_id, number),
        (None, None) => return Err(MalformedRequest::lacks("out_trade_no").into()),
    };
    let own_trade = found.filter(|trade| trade.order.merchant.appid == request.merchant.appid);
    own_trade.map(|trade| to_fields(describe(trade, now_ms))).ok_or(BusinessError::OrderNotExist.into())
}

fn describe(trade: &Trade, now_ms: i64) -> Vec<(&'static str, String)> {
    let standing = trade.status_at(now_ms);
    let mut fields = vec![
        ("out_trade_no", trade.order.out_trade_no.clone()),
        ("trade_state", trade.trade_state(now_ms).to_owned()),
        ("trade_state_desc", trade.state_description(now_ms).to_owned()),
    ];
    fields.extend(trade.terms.echo("device_info"));
    if let TradeStatusAt::Paid(payment) = standing {
        fields.extend(payment_fields(trade, payment));
    }
    fields
}

/// The fields of a payment, both in queries and in notices.
pub fn payment_fields(trade: &Trade, payment: &Payment) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("openid", payment.openid.clone()),
        ("is_subscribe", "N".to_owned()),
        ("trade_type", "NATIVE".to_owned()),
        ("bank_type", "OTHERS".to_owned()),
        ("total_fee", payment.amount.to_string()),
        ("fee_type", "CNY".to_owned()),
        ("cash_fee", payment.cash().to_string()),
        ("cash_fee_type", "CNY".to_owned()),
        ("transaction_id", payment.transaction_id.clone()),
        ("time_end", crate::timestamp::v2(payment.paid_ms)),
    ];
    if payment.coupon > 0 {
        fields.extend([
            ("settlement_total_fee", payment.cash().to_string()),
            ("coupon_fee", payment.coupon.to_string()),
            ("coupon_count", "1".to_owned()),
            ("coupon_type_0", "NO_CASH".to_owned()),
            ("coupon_id_0", COUPON_ID.to_owned()),
            ("coupon_fee_0", payment.coupon.to_string()),
        ]);
    }
    fields.extend(trade.terms.echo("attach"));
    fields
}

/// The coupon id of every payment with a coupon.
pub const COUPON_ID: &str = "2000000000000001";
