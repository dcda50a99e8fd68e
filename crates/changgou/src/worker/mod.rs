//! The background loops: due work, the outbox relay, the broker consumer and
//! the certificates of API v3.

pub mod certificates;
pub mod consumer;
pub mod due_work;
pub mod outbox_relay;
