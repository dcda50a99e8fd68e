//! Notices: how WeChat tells a merchant what happened, again and again until he says SUCCESS.

pub mod advance;
pub mod deliver;
pub mod delivery_log;
pub mod delivery_loop;
mod http_post;
pub mod pending_notice;
mod queue;
pub mod resend;
pub mod retry_schedule;

pub use http_post::Post;
pub use pending_notice::{Letter, Notice, Sheet, Thanks};
