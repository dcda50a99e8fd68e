//! `/pay/unifiedorder`.

mod draft;
mod limits;

use super::request::Request;
use super::response::{Outcome, own};
use crate::place_order;
use crate::state::World;
use crate::trade::Code;

/// Places an order, or gives a new code for one that was placed with the same parameters.
pub fn place(world: &World, request: &Request) -> Outcome {
    let code = place_order::place(world, draft::draft(request)?)?;
    Ok(own(answer(request, code)))
}

fn answer(request: &Request, code: Code) -> Vec<(&'static str, String)> {
    let mut fields =
        vec![("trade_type", "NATIVE".to_owned()), ("prepay_id", code.prepay_id), ("code_url", code.url)];
    fields.extend(request.get("device_info").map(|device| ("device_info", device.to_owned())));
    fields
}
