//! Maximum lengths in bytes. Source: WeChat Pay API v2, "统一下单". Where a page says "characters", bytes are the
//! stricter reading, so what passes here also passes at WeChat.

use crate::v2::error::MalformedRequest;
use crate::v2::request::V2IncomingRequest;

const REQUIRED: [(&str, usize); 6] = [
    ("body", 128),
    ("out_trade_no", 32),
    ("total_fee", 19),
    ("spbill_create_ip", 64),
    ("notify_url", 256),
    ("trade_type", 16),
];

const OPTIONAL: [(&str, usize); 15] = [
    ("sign_type", 32),
    ("device_info", 32),
    ("detail", 6000),
    ("attach", 127),
    ("fee_type", 16),
    ("time_start", 14),
    ("time_expire", 14),
    ("goods_tag", 32),
    ("limit_pay", 32),
    ("receipt", 8),
    ("profit_sharing", 16),
    ("scene_info", 256),
    ("version", 32),
    ("product_id", 32),
    ("openid", 128),
];

/// Checks that all required fields are present and none is too long.
pub fn check(request: &V2IncomingRequest) -> Result<(), MalformedRequest> {
    if let Some((name, _)) = REQUIRED.iter().find(|(name, _)| request.get(name).is_none()) {
        return Err(MalformedRequest::lacks(name));
    }
    let is_long = |(name, most): &&(&str, usize)| request.get(name).is_some_and(|value| value.len() > *most);
    match REQUIRED.iter().chain(&OPTIONAL).find(is_long) {
        Some((name, _)) => Err(MalformedRequest(format!("{name}参数长度有误"))),
        None => Ok(()),
    }
}
