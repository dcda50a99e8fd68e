//! The API: JSON in the original's envelope.

pub(super) mod address;
pub(super) mod admin;
pub(super) mod area;
pub(super) mod cart;
pub(super) mod coupon;
mod coupon_out;
pub(super) mod docs;
pub(super) mod order;
mod out;
pub(super) mod pay;
pub(super) mod reconcile;
pub(super) mod refund;
pub(super) mod scan;
pub(super) mod sku;
pub(super) mod user;
