//! `GET /v3/refund/domestic/refunds/…`, and the way out for a refund that sticks.

use super::fields::text;
use super::refund;
use super::request::Request;
use super::response::{Outcome, Refusal, Told};
use crate::actions;
use crate::state::World;

/// How a refund stands, by the merchant's number.
pub fn look_up(world: &World, request: &Request) -> Outcome {
    let book = world.book();
    let found = book.refund(request.mch_id(), &request.number());
    let (trade, made) = found.ok_or_else(|| Refusal::no_resource("退款单不存在"))?;
    Ok(Told::Json(refund::tell(trade, made, world.clock().now())))
}

/// Sends a refund that sticks on its way again: to another account of the payer's or to the merchant's.
pub fn retry(world: &World, request: &Request) -> Outcome {
    let out_refund_no = text(&request.json, "/out_refund_no", 64)?;
    text(&request.json, "/type", 32)?;
    let made = actions::retry_refund(world, request.mch_id(), &out_refund_no);
    let (trade, made) = made.ok_or_else(|| Refusal::no_resource("没有处于异常状态的退款单"))?;
    if made.refund_id != request.number() {
        return Err(Refusal::param("/out_refund_no", "与refund_id不一致"));
    }
    Ok(Told::Json(refund::tell(&trade, &made, world.clock().now())))
}
