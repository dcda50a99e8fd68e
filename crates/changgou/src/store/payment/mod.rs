//! Payments: attempts, received notices, payments that need a decision, and refunds. Owns
//! `payment_attempt`, `notice_inbox`, `payment_flag`, `payment_refund`, `payment_refund_item`,
//! `payment_refunded` and `refund_request`.

pub mod attempt;
pub mod flag;
pub mod inbox;
pub mod reconcile_read;
pub mod refund;
pub mod refund_request;
pub mod refund_total;
