//! Tests of the public API of v3 against a server with its own keys.

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
