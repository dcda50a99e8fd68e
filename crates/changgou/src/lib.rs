//! Changgou: the part of a shop where money changes hands.
//!
//! # Layers, from the top down
//!
//! * `web`, `worker`, `cli`: where requests, due work and commands come in
//! * `flow`: the use cases; the only place where two stores meet
//! * `store`: what the shop keeps; each store owns its tables
//! * `infra`: database, cache, broker, WeChat gateway, settings
//! * `domain`: money, time, ids, states, prices; no I/O
//!
//! Dependencies point only downward; the tidy test checks it.

pub mod cli;
pub mod domain;
pub mod flow;
pub mod infra;
pub mod store;
pub mod web;
pub mod worker;
