//! Values: no I/O, nothing above them. Money, time, ids, states, prices.

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
pub mod reason;
pub mod redact_url;
pub mod refusal;
pub mod status;
