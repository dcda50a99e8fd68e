//! Giving money back: the request, the two calls, and the notice.

mod accepted;
mod call;
mod notice;
mod order;
mod record;
mod status;

pub use accepted::RefundAccepted;
pub use notice::{RefundNotice, is_refund_notice, read_refund_notice};
pub use order::Refund;
pub use record::RefundRecord;
pub use status::{RefundStatus, UnknownRefundStatus};
