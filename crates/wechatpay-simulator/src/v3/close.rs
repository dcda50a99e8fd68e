//! `POST /v3/pay/transactions/out-trade-no/…/close`.

use super::fields::text;
use super::native::same_merchant;
use super::request::Request;
use super::response::{Outcome, Told};
use crate::business_error::Failure;
use crate::state::World;
use crate::trade::Standing;

/// Closes an unpaid trade, after which nobody can pay it. Closing it again changes nothing.
pub fn close(world: &World, request: &Request) -> Outcome {
    same_merchant(request, &text(&request.json, "/mchid", 32)?)?;
    let (mch_id, number) = (request.mch_id(), request.number());
    let mut book = world.book();
    let trade = book.of_merchant(mch_id, &number).ok_or(Failure::OrderNotExist)?;
    match trade.standing(world.clock().now()) {
        Standing::Paid(_) => return Err(Failure::OrderPaid.into()),
        Standing::Waiting | Standing::Closed => {}
    }
    book.close(mch_id, &number);
    Ok(Told::Nothing)
}
