//! The ground: what the shop stands on. Only `db` names an engine, only
//! `gateway` names WeChat, only `queue` names AMQP.

pub mod cache;
pub mod db;
pub mod gateway;
pub mod queue;
pub mod secret;
pub mod settings;
