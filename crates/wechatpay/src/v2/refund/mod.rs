//! Refunds: the request, the calls and the notice.

mod client;
mod notice;
mod record;
mod request;
mod response;
mod status;

pub use notice::{V2RefundNotice, is_refund_notice, read_refund_notice};
pub use record::V2RefundRecord;
pub use request::V2Refund;
pub use response::V2RefundAccepted;
pub use status::{V2RefundStatus, V2UnknownRefundStatus};
