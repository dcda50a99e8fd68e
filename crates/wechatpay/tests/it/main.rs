//! Tests of the public API.

mod backup;
mod bill;
mod client;
mod common;
mod connection_lost;
mod corpus;
mod key_rotation;
mod mutual_tls;
mod native_mode_one;
mod notice;
mod notice_refused;
mod order;
mod peer;
mod refund;
mod refund_notice;
mod response_binding;
mod secrets;
mod sign;
mod targets;
mod time;
mod v3;
mod vectors;
mod xml;
mod xml_refused;
