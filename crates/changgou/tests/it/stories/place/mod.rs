//! Placing orders.

mod bad_input;
mod batch;
mod concurrent;
mod decide;
mod idempotency;
mod orders;
mod purchase_limits;
mod request;
