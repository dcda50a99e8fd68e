//! `/pay/orderquery`.

use super::request::Request;
use super::response::{Failure, Malformed, Outcome, own};
use crate::state::World;
use crate::trade::{Payment, Standing, Trade};

/// How a trade stands; `transaction_id` wins over `out_trade_no`.
pub fn look_up(world: &World, request: &Request) -> Outcome {
    let now_ms = world.clock().now();
    let book = world.book();
    let found = match (request.get("transaction_id"), request.get("out_trade_no")) {
        (Some(id), _) => {
            book.by_transaction(id).filter(|trade| trade.order.merchant.mch_id == request.merchant.mch_id)
        }
        (None, Some(number)) => book.of_merchant(&request.merchant.mch_id, number),
        (None, None) => return Err(Malformed::lacks("out_trade_no").into()),
    };
    let own_trade = found.filter(|trade| trade.order.merchant.appid == request.merchant.appid);
    own_trade.map(|trade| own(tell(trade, now_ms))).ok_or(Failure::OrderNotExist.into())
}

fn tell(trade: &Trade, now_ms: i64) -> Vec<(&'static str, String)> {
    let standing = trade.standing(now_ms);
    let mut fields = vec![
        ("out_trade_no", trade.order.out_trade_no.clone()),
        ("trade_state", trade.trade_state(now_ms).to_owned()),
        ("trade_state_desc", trade.state_description(now_ms).to_owned()),
    ];
    fields.extend(trade.terms.echo("device_info"));
    if let Standing::Paid(payment) = standing {
        fields.extend(payment_fields(trade, payment));
    }
    fields
}

/// What a paid trade tells, in the answer to a query as in the notice.
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
        ("time_end", crate::timestamp::civil(payment.paid_ms)),
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

/// The one coupon everybody has.
pub const COUPON_ID: &str = "2000000000000001";
