//! The API: JSON in the original's envelope.

pub(super) mod address;
pub(super) mod area;
pub(super) mod cart;
pub(super) mod coupon;
mod coupon_views;
pub(super) mod fulfilment;
pub(super) mod order;
mod order_views;
pub(super) mod pay;
pub(super) mod reconcile;
pub(super) mod refund;
pub(super) mod scan;
pub(super) mod settlement;
pub(super) mod sku;
pub(super) mod user;
mod views;
