//! `/tools/shorturl`.

use super::request::Request;
use super::response::{Malformed, Outcome, own};
use crate::state::World;

const MAX_BYTES: usize = 512;

/// A short link for a mode-one link.
pub fn shorten(world: &World, request: &Request) -> Outcome {
    let long = request.get("long_url").ok_or_else(|| Malformed::lacks("long_url"))?;
    if long.len() > MAX_BYTES || !long.starts_with("weixin://wxpay/bizpayurl?") {
        return Err(Malformed::invalid("long_url").into());
    }
    Ok(own(vec![("short_url", world.links().shorten(long))]))
}
