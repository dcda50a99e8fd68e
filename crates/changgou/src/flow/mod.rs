//! What the shop does. A flow reads as the list of its rules, opens the transactions,
//! and is the only place where two stores meet.
//!
//! All flows lock rows in one order: **order (existing), payment, cart, limited purchase,
//! new order, idempotency key, event, outbox, due work, coupon, points (by buyer), stock
//! (by SKU).** The most contended rows come last and are locked for the shortest time. On
//! a server a transaction that loses a race runs again.
//!
//! No call to WeChat is made while a transaction is open.

mod app;
pub mod coupon_reward;
mod error;
pub mod node;
mod on_sale_count;
pub mod unit_of_work;

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
