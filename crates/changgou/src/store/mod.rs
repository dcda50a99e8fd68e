//! Data access. Each store owns its tables and works inside a transaction that the caller passes; no
//! store calls another.

pub mod account;
pub mod address;
pub mod bill;
pub mod cart;
pub mod catalog;
pub mod coupon;
pub mod due_work;
pub mod order;
pub mod outbox;
pub mod payment;
pub mod points;
pub mod purchase_limit;
pub mod scan_order;
pub mod stock;
pub mod worker_lease;
