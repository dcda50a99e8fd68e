//! Infrastructure. Only `db` depends on a database engine, only `cache` on Redis, only `gateway` on
//! WeChat and only `queue` on AMQP.

pub mod broker_settings;
pub mod cache;
pub mod db;
pub mod gateway;
pub mod metrics;
pub mod queue;
pub mod secret;
pub mod settings;
