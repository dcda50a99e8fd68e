//! `/pay/closeorder`.

use super::request::Request;
use super::response::{Failure, Malformed, Outcome, own};
use crate::options::CloseRule;
use crate::state::World;
use crate::trade::{Standing, Trade};

const FIVE_MINUTES_MS: i64 = 5 * 60 * 1000;

/// Closes an unpaid trade, after which nobody can pay it.
pub fn close(world: &World, request: &Request) -> Outcome {
    let number = request.get("out_trade_no").ok_or_else(|| Malformed::lacks("out_trade_no"))?;
    let mch_id = &request.merchant.mch_id;
    let now_ms = world.clock().now();
    let mut book = world.book();
    let trade =
        book.of_merchant(mch_id, number).filter(|trade| trade.order.merchant.appid == request.merchant.appid);
    closable(trade.ok_or(Failure::OrderNotExist)?, world.close_rule(), now_ms)?;
    book.close(mch_id, number);
    Ok(own(vec![("result_msg", "OK".to_owned())]))
}

fn closable(trade: &Trade, rule: CloseRule, now_ms: i64) -> Result<(), Failure> {
    let age_ms = now_ms - trade.created_ms;
    match (trade.standing(now_ms), rule) {
        (Standing::Paid(_), _) => Err(Failure::OrderPaid),
        (Standing::Closed, _) => Err(Failure::OrderClosed),
        (Standing::Waiting, CloseRule::AfterFiveMinutes) if age_ms < FIVE_MINUTES_MS => {
            Err(Failure::TradeStateError)
        }
        (Standing::Waiting, CloseRule::AfterFiveMinutes | CloseRule::AtOnce) => Ok(()),
    }
}
