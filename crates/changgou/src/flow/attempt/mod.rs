//! The life of a payment attempt after it was opened: WeChat is asked about it, now
//! or by the worker, and what WeChat says settles it or ends it.

mod confirm_close;
mod end;
mod payment_status;
mod poll;
mod query;

use crate::domain::message::PaymentMessage;
use crate::domain::refusal::Refusal;

pub use confirm_close::{confirm_close, withdraw};
pub use end::AttemptEnd;
pub use payment_status::{PaymentStatus, query_payment_status};
pub use poll::{FIRST_POLL_AFTER, poll};
pub use query::query_payment;

pub(in crate::flow) fn wechat_unavailable() -> Refusal {
    Refusal::new(PaymentMessage::Unavailable).retry_after(3)
}
