//! Payments: attempts to get an order paid, notices that arrived, and money
//! that waits for a person. Owns `payment_attempt`, `notice_inbox`, `payment_flag`.

pub mod attempt;
pub mod flag;
pub mod inbox;
