//! `GET /v3/refund/domestic/refunds/…`, and the restart of an abnormal refund.

use super::fields::text;
use super::refund;
use super::request::V3IncomingRequest;
use super::response::{V3CallResult, V3Error, V3ResponseBody};
use crate::actions;
use crate::state::SimulatorState;

/// Queries a refund by the merchant's number.
pub fn query(state: &SimulatorState, request: &V3IncomingRequest) -> V3CallResult {
    let trades = state.trades();
    let found = trades.refund(request.mch_id(), &request.number());
    let (trade, made) = found.ok_or_else(|| V3Error::no_resource("退款单不存在"))?;
    Ok(V3ResponseBody::Json(refund::describe(trade, made, state.clock().now())))
}

/// Restarts an abnormal refund, to another account of the payer or to the merchant.
pub fn retry(state: &SimulatorState, request: &V3IncomingRequest) -> V3CallResult {
    let out_refund_no = text(&request.json, "/out_refund_no", 64)?;
    text(&request.json, "/type", 32)?;
    let made = actions::retry_refund(state, request.mch_id(), &out_refund_no);
    let (trade, made) = made.ok_or_else(|| V3Error::no_resource("没有处于异常状态的退款单"))?;
    if made.refund_id != request.number() {
        return Err(V3Error::param("/out_refund_no", "与refund_id不一致"));
    }
    Ok(V3ResponseBody::Json(refund::describe(&trade, &made, state.clock().now())))
}
