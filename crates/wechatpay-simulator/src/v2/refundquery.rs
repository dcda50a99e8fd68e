//! `/pay/refundquery`.

use std::borrow::Cow;

use super::error::MalformedRequest;
use super::refund;
use super::refund_notice::{ACCOUNT, RECEIVER};
use super::request::V2IncomingRequest;
use super::response::{ResponseFields, V2CallResult, to_fields};
use crate::business_error::BusinessError;
use crate::state::SimulatorState;
use crate::timestamp;
use crate::trade::{Refund, Trade};

/// The number of refunds in a response.
const PAGE: usize = 10;

/// Queries one refund by its number, or the refunds of a trade from `offset` on. The precedence is `refund_id`,
/// `out_refund_no`, `transaction_id`, `out_trade_no`.
pub fn query(state: &SimulatorState, request: &V2IncomingRequest) -> V2CallResult {
    let now_ms = state.clock().now();
    let mch_id = &request.merchant.mch_id;
    let trades = state.trades();
    let one = match (request.get("refund_id"), request.get("out_refund_no")) {
        (Some(id), _) => {
            Some(trades.by_refund_id(id).filter(|(trade, _)| trade.order.merchant.mch_id == *mch_id))
        }
        (None, Some(number)) => Some(trades.refund(mch_id, number)),
        (None, None) => None,
    };
    if let Some(found) = one {
        let (trade, refund) = found.ok_or(BusinessError::RefundNotExist)?;
        return Ok(describe(trade, std::slice::from_ref(refund), None, now_ms));
    }
    if request.get("transaction_id").or(request.get("out_trade_no")).is_none() {
        return Err(MalformedRequest::lacks("out_refund_no").into());
    }
    let trade = refund::find(&trades, request).filter(|trade| !trade.refunds.is_empty());
    let trade = trade.ok_or(BusinessError::RefundNotExist)?;
    let rest = trade.refunds.get(offset(request)?..).filter(|rest| !rest.is_empty());
    let page = rest.ok_or(BusinessError::RefundNotExist)?.iter().take(PAGE).cloned().collect::<Vec<_>>();
    Ok(describe(trade, &page, Some(trade.refunds.len()), now_ms))
}

fn offset(request: &V2IncomingRequest) -> Result<usize, MalformedRequest> {
    let text = request.get("offset").unwrap_or("0");
    text.parse().map_err(|_| MalformedRequest::invalid("offset"))
}

fn describe(trade: &Trade, page: &[Refund], total: Option<usize>, now_ms: i64) -> ResponseFields {
    let (paid, cash) = (trade.paid_amount().to_string(), trade.paid_cash().to_string());
    let mut fields = to_fields(vec![
        ("transaction_id", trade.transaction_id().to_owned()),
        ("out_trade_no", trade.order.out_trade_no.clone()),
        ("total_fee", paid),
        ("settlement_total_fee", cash.clone()),
        ("fee_type", "CNY".to_owned()),
        ("cash_fee", cash),
        ("refund_count", page.len().to_string()),
    ]);
    fields.extend(total.map(|total| ("total_refund_count".into(), total.to_string())));
    for (nth, refund) in page.iter().enumerate() {
        fields.extend(record(nth, refund, now_ms));
    }
    fields
}

fn record(nth: usize, refund: &Refund, now_ms: i64) -> Vec<(Cow<'static, str>, String)> {
    let coupon = refund.request.amount - refund.cash;
    let mut own = vec![
        ("out_refund_no", refund.request.out_refund_no.clone()),
        ("refund_id", refund.refund_id.clone()),
        ("refund_channel", "ORIGINAL".to_owned()),
        ("refund_fee", refund.request.amount.to_string()),
        ("settlement_refund_fee", refund.cash.to_string()),
        ("coupon_refund_fee", coupon.to_string()),
        ("refund_status", refund.state(now_ms).v2_status().to_owned()),
        ("refund_account", ACCOUNT.to_owned()),
        ("refund_recv_accout", RECEIVER.to_owned()),
    ];
    own.extend(refund.success_ms(now_ms).map(|at_ms| ("refund_success_time", timestamp::readable(at_ms))));
    own.into_iter().map(|(name, value)| (format!("{name}_{nth}").into(), value)).collect()
}
