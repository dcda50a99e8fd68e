//! Payments: attempts to get an order paid, notices that arrived, money that
//! waits for a person, and money that goes back. Owns `payment_attempt`,
//! `notice_inbox`, `payment_flag`, `payment_refund`, `payment_refund_item`,
//! `payment_refunded` and `refund_request`.

pub mod attempt;
pub mod flag;
pub mod inbox;
pub mod reconcile_read;
pub mod refund;
pub mod refund_request;
pub mod refund_total;
