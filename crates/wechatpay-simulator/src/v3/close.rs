//! `POST /v3/pay/transactions/out-trade-no/…/close`.

use super::fields::text;
use super::native::same_merchant;
use super::request::V3IncomingRequest;
use super::response::{V3CallResult, V3ResponseBody};
use crate::business_error::BusinessError;
use crate::state::SimulatorState;
use crate::trade::TradeStatusAt;

/// Closes an unpaid trade. It cannot be paid afterwards. Closing it again changes nothing.
pub fn close(state: &SimulatorState, request: &V3IncomingRequest) -> V3CallResult {
    same_merchant(request, &text(&request.json, "/mchid", 32)?)?;
    let (mch_id, number) = (request.mch_id(), request.number());
    let mut trades = state.trades();
    let trade = trades.find_trade(mch_id, &number).ok_or(BusinessError::OrderNotExist)?;
    match trade.status_at(state.clock().now()) {
        TradeStatusAt::Paid(_) => return Err(BusinessError::OrderPaid.into()),
        TradeStatusAt::Waiting | TradeStatusAt::Closed => {}
    }
    trades.close(mch_id, &number);
    Ok(V3ResponseBody::NoContent)
}
