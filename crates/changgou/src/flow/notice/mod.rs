//! What others tell the shop about payments and refunds: WeChat's notices of API v2
//! and v3, and payment results from the broker. They are read and verified here,
//! then settled; only what is committed is acknowledged.

mod broker;
mod refund;
mod signature_pin;
mod v2;
mod v3;

pub use broker::payment_result;
pub use refund::refund_notice_v2;
pub use signature_pin::PinCache;
pub use v2::payment_notice_v2;
pub use v3::notice_v3;

/// How a notice is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeReply {
    /// It is accepted; do not send it again.
    Kept,
    /// It is not believed, or cannot be matched yet. The word says why; it is a metric label.
    Refused(&'static str),
}
