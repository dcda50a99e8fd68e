//! Changgou: the part of a shop where money changes hands.
//!
//! # Layout, from the top down
//!
//! * `doors`: where requests come in: pages and API, due work, commands
//! * `flow`: what the shop does; the only place where two nouns meet
//! * `nouns`: what the shop has; each owns its tables
//! * `values`: money, time, ids, states, prices; no I/O
//! * `ground`: database, WeChat gateway, settings
//!
//! Arrows point only downward; the tidy test holds them there.

pub mod doors;
pub mod flow;
pub mod ground;
pub mod nouns;
pub mod values;
