//! `/pay/closeorder`.

use super::error::MalformedRequest;
use super::request::V2IncomingRequest;
use super::response::{V2CallResult, to_fields};
use crate::business_error::BusinessError;
use crate::options::CloseRule;
use crate::state::SimulatorState;
use crate::trade::{Trade, TradeStatusAt};

const FIVE_MINUTES_MS: i64 = 5 * 60 * 1000;

/// Closes an unpaid trade. It cannot be paid afterwards.
pub fn close(state: &SimulatorState, request: &V2IncomingRequest) -> V2CallResult {
    let number = request.get("out_trade_no").ok_or_else(|| MalformedRequest::lacks("out_trade_no"))?;
    let mch_id = &request.merchant.mch_id;
    let now_ms = state.clock().now();
    let mut trades = state.trades();
    let trade = trades
        .find_trade(mch_id, number)
        .filter(|trade| trade.order.merchant.appid == request.merchant.appid);
    closable(trade.ok_or(BusinessError::OrderNotExist)?, state.close_rule(), now_ms)?;
    trades.close(mch_id, number);
    Ok(to_fields(vec![("result_msg", "OK".to_owned())]))
}

fn closable(trade: &Trade, rule: CloseRule, now_ms: i64) -> Result<(), BusinessError> {
    let age_ms = now_ms - trade.created_ms;
    match (trade.status_at(now_ms), rule) {
        (TradeStatusAt::Paid(_), _) => Err(BusinessError::OrderPaid),
        (TradeStatusAt::Closed, _) => Err(BusinessError::OrderClosed),
        (TradeStatusAt::Waiting, CloseRule::AfterFiveMinutes) if age_ms < FIVE_MINUTES_MS => {
            Err(BusinessError::TradeStateError)
        }
        (TradeStatusAt::Waiting, CloseRule::AfterFiveMinutes | CloseRule::AtOnce) => Ok(()),
    }
}
