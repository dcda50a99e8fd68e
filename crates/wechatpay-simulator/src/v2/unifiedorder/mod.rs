//! `/pay/unifiedorder`.

mod draft;
mod limits;

use super::answer::{Outcome, own};
use super::request::Request;
use crate::ground::{random, stamp};
use crate::placing;
use crate::world::World;

/// Places an order, or gives a new code for one that was placed with the same parameters.
pub fn place(world: &World, request: &Request) -> Outcome {
    let code_url = placing::place(world, draft::draft(request)?)?;
    Ok(own(answer(request, code_url, world.clock().now())))
}

fn answer(request: &Request, code_url: String, now_ms: i64) -> Vec<(&'static str, String)> {
    let prepay_id = format!("wx{}{}", stamp::civil(now_ms), random::alphanumeric(20).to_lowercase());
    let mut fields =
        vec![("trade_type", "NATIVE".to_owned()), ("prepay_id", prepay_id), ("code_url", code_url)];
    fields.extend(request.get("device_info").map(|device| ("device_info", device.to_owned())));
    fields
}
