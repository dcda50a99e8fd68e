//! Values and rules without I/O: money, time, ids, order states, prices.

pub mod area;
pub mod clock;
pub mod coupon_rule;
pub mod day;
pub mod id;
pub mod lang;
pub mod ledger;
pub mod limits;
pub mod message;
pub mod money;
pub mod openid;
pub mod pricing;
pub mod pricing_line;
pub mod reason;
pub mod redact_url;
pub mod refusal;
pub mod status;
pub mod username;
pub mod words;
