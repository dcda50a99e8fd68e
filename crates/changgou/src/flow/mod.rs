//! What the shop does. A flow reads as the list of its rules, opens the
//! transactions, and is the only place where two nouns meet.
//!
//! Rows are locked in one written order, of which every flow takes a part:
//! **order (one that exists), payment, cart, limited purchase, fresh order, key, event, outbox, due, coupon, points (by
//! buyer), stock (by SKU).** What most want comes last and is held shortest. On a server whoever is overtaken all the same runs again.
//! No call to WeChat is made while a transaction is open.

mod app;
mod error;
pub mod node;

pub mod account;
pub mod address;
pub mod adjust_points;
pub mod adopt;
pub mod attempt;
pub mod audit;
mod batcher;
pub mod cart;
pub mod catalog;
pub mod checkout;
pub mod close;
pub mod coupon;
pub mod demo;
pub mod discount;
pub mod due_work;
pub mod events;
pub mod fulfil;
pub mod import;
pub mod notice;
pub mod pay;
mod pay_log;
pub mod place;
pub mod reconcile;
pub mod refund;
pub mod relay;
pub mod scan;
pub mod seed;
pub mod session_lookup;
pub mod settle;

pub use app::App;
pub use error::{Error, Outcome};
pub use node::{Node, NotJoined};
