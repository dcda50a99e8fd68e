//! `/pay/unifiedorder`.

mod draft;
mod limits;

use super::answer::{Outcome, own};
use super::request::Request;
use crate::placing;
use crate::trade::Code;
use crate::world::World;

/// Places an order, or gives a new code for one that was placed with the same parameters.
pub fn place(world: &World, request: &Request) -> Outcome {
    let code = placing::place(world, draft::draft(request)?)?;
    Ok(own(answer(request, code)))
}

fn answer(request: &Request, code: Code) -> Vec<(&'static str, String)> {
    let mut fields =
        vec![("trade_type", "NATIVE".to_owned()), ("prepay_id", code.prepay_id), ("code_url", code.url)];
    fields.extend(request.get("device_info").map(|device| ("device_info", device.to_owned())));
    fields
}
