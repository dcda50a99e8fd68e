//! `/tools/shorturl`.

use super::error::MalformedRequest;
use super::request::V2IncomingRequest;
use super::response::{V2CallResult, to_fields};
use crate::state::SimulatorState;

const MAX_BYTES: usize = 512;

/// Creates a short link for a mode-one link.
pub fn shorten(state: &SimulatorState, request: &V2IncomingRequest) -> V2CallResult {
    let long = request.get("long_url").ok_or_else(|| MalformedRequest::lacks("long_url"))?;
    if long.len() > MAX_BYTES || !long.starts_with("weixin://wxpay/bizpayurl?") {
        return Err(MalformedRequest::invalid("long_url").into());
    }
    Ok(to_fields(vec![("short_url", state.links().shorten(long))]))
}
