//! `/pay/refundquery`.

use std::borrow::Cow;

use super::refund;
use super::refund_notice::{ACCOUNT, RECEIVER};
use super::request::Request;
use super::response::{Failure, Malformed, Outcome, Told, own};
use crate::state::World;
use crate::timestamp;
use crate::trade::{Refund, Trade};

/// Refunds told at once.
const PAGE: usize = 10;

/// One refund by its number, or those of a trade from `offset` on; `refund_id` wins over `out_refund_no`, that over
/// `transaction_id`, and that over `out_trade_no`.
pub fn look_up(world: &World, request: &Request) -> Outcome {
    let now_ms = world.clock().now();
    let mch_id = &request.merchant.mch_id;
    let book = world.book();
    let one = match (request.get("refund_id"), request.get("out_refund_no")) {
        (Some(id), _) => {
            Some(book.by_refund_id(id).filter(|(trade, _)| trade.order.merchant.mch_id == *mch_id))
        }
        (None, Some(number)) => Some(book.refund(mch_id, number)),
        (None, None) => None,
    };
    if let Some(found) = one {
        let (trade, refund) = found.ok_or(Failure::RefundNotExist)?;
        return Ok(tell(trade, std::slice::from_ref(refund), None, now_ms));
    }
    if request.get("transaction_id").or(request.get("out_trade_no")).is_none() {
        return Err(Malformed::lacks("out_refund_no").into());
    }
    let trade = refund::find(&book, request).filter(|trade| !trade.refunds.is_empty());
    let trade = trade.ok_or(Failure::RefundNotExist)?;
    let rest = trade.refunds.get(offset(request)?..).filter(|rest| !rest.is_empty());
    let page = rest.ok_or(Failure::RefundNotExist)?.iter().take(PAGE).cloned().collect::<Vec<_>>();
    Ok(tell(trade, &page, Some(trade.refunds.len()), now_ms))
}

fn offset(request: &Request) -> Result<usize, Malformed> {
    let text = request.get("offset").unwrap_or("0");
    text.parse().map_err(|_| Malformed::invalid("offset"))
}

fn tell(trade: &Trade, page: &[Refund], total: Option<usize>, now_ms: i64) -> Told {
    let (paid, cash) = (trade.paid_amount().to_string(), trade.paid_cash().to_string());
    let mut fields = own(vec![
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
    let coupon = refund.wish.amount - refund.cash;
    let mut own = vec![
        ("out_refund_no", refund.wish.out_refund_no.clone()),
        ("refund_id", refund.refund_id.clone()),
        ("refund_channel", "ORIGINAL".to_owned()),
        ("refund_fee", refund.wish.amount.to_string()),
        ("settlement_refund_fee", refund.cash.to_string()),
        ("coupon_refund_fee", coupon.to_string()),
        ("refund_status", refund.state(now_ms).v2().to_owned()),
        ("refund_account", ACCOUNT.to_owned()),
        ("refund_recv_accout", RECEIVER.to_owned()),
    ];
    own.extend(refund.success_ms(now_ms).map(|at_ms| ("refund_success_time", timestamp::readable(at_ms))));
    own.into_iter().map(|(name, value)| (format!("{name}_{nth}").into(), value)).collect()
}
