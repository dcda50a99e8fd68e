//! Notices: how WeChat tells a merchant what happened, again and again until he says SUCCESS.

pub mod advance;
pub mod deliver;
pub mod ladder;
pub mod letter;
pub mod log;
mod post;
mod queue;
pub mod resend;
pub mod run;

pub use letter::{Letter, Notice, Sheet, Thanks};
pub use post::Post;
