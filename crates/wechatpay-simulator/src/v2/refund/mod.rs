//! `/secapi/pay/refund` and `/secapi/pay/refundv2`.

mod draft;

use super::request::Request;
use super::response::{Failure, Outcome, own};
use crate::actions;
use crate::faults::AnswerFault;
use crate::state::World;
use crate::trade::refund::{Course, RefundRefusal, Wish};
use crate::trade::store::Book;
use crate::trade::{Refund, Trade};

/// Accepts a refund; how it ends is told by the query and the notice.
pub fn accept(world: &World, request: &Request, fault: Option<AnswerFault>) -> Outcome {
    let draft = draft::draft(request)?;
    let number = {
        let book = world.book();
        let trade = find(&book, request).filter(|trade| trade.order.merchant.appid == request.merchant.appid);
        trade.ok_or(Failure::OrderNotExist)?.order.out_trade_no.clone()
    };
    let wish = draft.wish(request, world.refund_takes_ms(), world.refund_notify_url());
    let wish = with_course(wish, fault);
    let made = actions::refund(world, (&request.merchant.mch_id, &number), wish);
    made.map(|(trade, refund)| own(answer(&trade, &refund))).map_err(|why| failure(why).into())
}

/// The trade that a call names; `transaction_id` wins over `out_trade_no`.
pub fn find<'a>(book: &'a Book, request: &Request) -> Option<&'a Trade> {
    let mch_id = &request.merchant.mch_id;
    match (request.get("transaction_id"), request.get("out_trade_no")) {
        (Some(id), _) => book.by_transaction(id).filter(|trade| trade.order.merchant.mch_id == *mch_id),
        (None, Some(number)) => book.of_merchant(mch_id, number),
        (None, None) => None,
    }
}

/// What was asked for, under the fault that decides how it ends.
pub fn with_course(wish: Wish, fault: Option<AnswerFault>) -> Wish {
    if let Some(AnswerFault::Takes { ms }) = fault {
        return Wish { takes_ms: ms, ..wish };
    }
    let is = |other| fault == Some(other);
    if is(AnswerFault::NoticeBeforeRefundAnswer) {
        return Wish { takes_ms: 0, ..wish };
    }
    let course = if is(AnswerFault::EndsAbnormal) {
        Course::Sticks
    } else if is(AnswerFault::EndsClosed) {
        Course::Closes
    } else {
        wish.course
    };
    Wish { course, ..wish }
}

fn failure(why: RefundRefusal) -> Failure {
    match why {
        RefundRefusal::NotPaid => Failure::OrderNotExist,
        RefundRefusal::AmountDiffers => Failure::RefundFeeMismatch,
        RefundRefusal::NumberTaken => Failure::InvalidRequest("商户退款单号已用于其他订单"),
        RefundRefusal::TotalDiffers => Failure::InvalidRequest("订单金额与原订单不一致"),
        RefundRefusal::TooMuch => Failure::InvalidRequest("申请退款金额大于订单剩余可退金额"),
        RefundRefusal::TooMany => Failure::InvalidRequest("部分退款次数超过50次"),
        RefundRefusal::TooSoon => Failure::InvalidReqTooMuch,
        RefundRefusal::Overdue => Failure::TradeOverdue,
    }
}

fn answer(trade: &Trade, refund: &Refund) -> Vec<(&'static str, String)> {
    let (total, fee) = (trade.paid_amount().to_string(), refund.wish.amount.to_string());
    let (total_cash, cash) = (trade.paid_cash().to_string(), refund.cash.to_string());
    let coupon = refund.wish.amount - refund.cash;
    vec![
        ("transaction_id", trade.transaction_id().to_owned()),
        ("out_trade_no", trade.order.out_trade_no.clone()),
        ("out_refund_no", refund.wish.out_refund_no.clone()),
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
