//! From money to a paid order.

mod batch;
mod paid;
