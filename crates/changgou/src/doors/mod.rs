//! The doors: where requests, due work and commands come in. A door parses,
//! calls one flow, and answers; it decides nothing.

pub mod certificates;
pub mod ops;
mod reconciled;
pub mod relay;
pub mod results;
pub mod web;
pub mod worker;
