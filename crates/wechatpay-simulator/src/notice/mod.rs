//! Notices: WeChat repeats them until the merchant answers with SUCCESS.

pub mod advance;
mod content;
pub mod deliver;
pub mod delivery_log;
mod delivery_loop;
mod dispatcher;
mod http_post;
mod pending_notice;
mod queue;
pub mod resend;
mod retry_schedule;

pub use content::{AckRule, Notice, OutgoingMessage};
pub use dispatcher::NoticeDispatcher;
pub use pending_notice::PendingNotice;
