//! Giving money back: the request, the two calls, and the notice.

mod client;
mod notice;
mod record;
mod request;
mod response;
mod status;

pub use notice::{RefundNotice, is_refund_notice, read_refund_notice};
pub use record::RefundRecord;
pub use request::Refund;
pub use response::RefundAccepted;
pub use status::{RefundStatus, UnknownRefundStatus};
