//! The only place that makes an order paid. Notices, polls, the return page and
//! bills all bring their evidence here; evidence that comes twice changes nothing.

mod batch;
mod batch_queue;
mod flags;
mod inbox;
mod judge;
mod mark_paid;
mod outcome;
mod reopen;
mod single;
mod unmatched;

pub use batch_queue::SettleQueue;
pub use flags::{has_open_flag, list_open_flags, mark_handled};
pub use outcome::{EvidenceSource, SettleOutcome, SettleRequest};
