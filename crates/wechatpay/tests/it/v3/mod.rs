//! v3, tested through its public face against a WeChat that signs for itself.

mod answers;
mod calls;
mod certificates;
mod common;
mod headers;
mod keys;
mod notice;
pub mod peer;
mod refunds;
mod requests;
mod vectors;
