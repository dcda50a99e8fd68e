//! What the crate promises, tested through its public face.

mod backup;
mod bill;
mod bound;
mod client;
mod common;
mod corpus;
mod lost;
mod money_out;
mod native;
mod notice;
mod notice_refused;
mod old_key;
mod order;
mod peer;
mod refund;
mod refund_notice;
mod secrets;
mod sign;
mod targets;
mod time;
mod v3;
mod vectors;
mod xml;
mod xml_refused;
