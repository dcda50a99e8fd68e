//! `/secapi/pay/refund` and `/secapi/pay/refundv2`.

mod draft;

use super::request::V2IncomingRequest;
use super::response::{V2CallResult, to_fields};
use crate::actions;
use crate::business_error::BusinessError;
use crate::faults::AnswerFault;
use crate::state::SimulatorState;
use crate::trade::refund::{RefundEnding, RefundError, RefundRequest};
use crate::trade::store::TradeStore;
use crate::trade::{Refund, Trade};

/// Accepts a refund. The query and the notice report how it ends.
pub fn accept(
    state: &SimulatorState,
    request: &V2IncomingRequest,
    fault: Option<AnswerFault>,
) -> V2CallResult {
    let draft = draft::draft(request)?;
    let number = {
        let trades = state.trades();
        let trade =
            find(&trades, request).filter(|trade| trade.order.merchant.appid == request.merchant.appid);
        trade.ok_or(BusinessError::OrderNotExist)?.order.out_trade_no.clone()
    };
    let refund_request =
        draft.into_refund_request(request, state.refund_takes_ms(), state.refund_notify_url());
    let refund_request = with_ending_fault(refund_request, fault);
    let made = actions::refund(state, (&request.merchant.mch_id, &number), refund_request);
    made.map(|(trade, refund)| to_fields(answer(&trade, &refund))).map_err(|why| failure(why).into())
}

/// The trade of a call. `transaction_id` takes precedence over `out_trade_no`.
pub fn find<'a>(trades: &'a TradeStore, request: &V2IncomingRequest) -> Option<&'a Trade> {
    let mch_id = &request.merchant.mch_id;
    match (request.get("transaction_id"), request.get("out_trade_no")) {
        (Some(id), _) => trades.by_transaction_id(id).filter(|trade| trade.order.merchant.mch_id == *mch_id),
        (None, Some(number)) => trades.find_trade(mch_id, number),
        (None, None) => None,
    }
}

/// Applies a fault that decides how the refund ends.
pub fn with_ending_fault(refund_request: RefundRequest, fault: Option<AnswerFault>) -> RefundRequest {
    if let Some(AnswerFault::Takes { ms }) = fault {
        return RefundRequest { takes_ms: ms, ..refund_request };
    }
    let is = |other| fault == Some(other);
    if is(AnswerFault::NoticeBeforeRefundAnswer) {
        return RefundRequest { takes_ms: 0, ..refund_request };
    }
    let ending = if is(AnswerFault::EndsAbnormal) {
        RefundEnding::Abnormal
    } else if is(AnswerFault::EndsClosed) {
        RefundEnding::Closed
    } else {
        refund_request.ending
    };
    RefundRequest { ending, ..refund_request }
}

fn failure(why: RefundError) -> BusinessError {
    match why {
        RefundError::NotPaid => BusinessError::OrderNotExist,
        RefundError::AmountDiffers => BusinessError::RefundFeeMismatch,
        RefundError::NumberTaken => BusinessError::InvalidRequest("商户退款单号已用于其他订单"),
        RefundError::TotalDiffers => BusinessError::InvalidRequest("订单金额与原订单不一致"),
        RefundError::TooMuch => BusinessError::InvalidRequest("申请退款金额大于订单剩余可退金额"),
        RefundError::TooMany => BusinessError::InvalidRequest("部分退款次数超过50次"),
        RefundError::TooSoon => BusinessError::InvalidReqTooMuch,
        RefundError::Overdue => BusinessError::TradeOverdue,
    }
}

fn answer(trade: &Trade, refund: &Refund) -> Vec<(&'static str, String)> {
    let (total, fee) = (trade.paid_amount().to_string(), refund.request.amount.to_string());
    let (total_cash, cash) = (trade.paid_cash().to_string(), refund.cash.to_string());
    let coupon = refund.request.amount - refund.cash;
    vec![
        ("transaction_id", trade.transaction_id().to_owned()),
        ("out_trade_no", trade.order.out_trade_no.clone()),
        ("out_refund_no", refund.request.out_refund_no.clone()),
        ("refund_id", refund.refund_id.clone()),
        ("refund_fee", fee),
        ("settlement_refund_fee", cash.clone()),
        ("total_fee", total),
        ("settlement_total_fee", total_cash.clone()),
        ("fee_type", "CNY".to_owned()),
        ("cash_fee", total_cash),
        ("cash_fee_type", "CNY".to_owned()),
        ("cash_refund_fee", cash),
        ("coupon_refund_fee", coupon.to_string()),
        ("coupon_refund_count", i64::from(coupon > 0).to_string()),
    ]
}
