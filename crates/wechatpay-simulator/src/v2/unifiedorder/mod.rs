//! `/pay/unifiedorder`.

mod draft;
mod limits;

use super::request::V2IncomingRequest;
use super::response::{V2CallResult, to_fields};
use crate::place_order;
use crate::state::SimulatorState;
use crate::trade::PaymentCode;

/// Places an order. If the same order was already placed, it gets a new code.
pub fn place(state: &SimulatorState, request: &V2IncomingRequest) -> V2CallResult {
    let code = place_order::place(state, draft::draft(request)?)?;
    Ok(to_fields(answer(request, code)))
}

fn answer(request: &V2IncomingRequest, code: PaymentCode) -> Vec<(&'static str, String)> {
    let mut fields =
        vec![("trade_type", "NATIVE".to_owned()), ("prepay_id", code.prepay_id), ("code_url", code.url)];
    fields.extend(request.get("device_info").map(|device| ("device_info", device.to_owned())));
    fields
}
