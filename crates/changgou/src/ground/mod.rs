//! The ground: what the shop stands on. Only `db` names an engine, only
//! `gateway` names WeChat.

pub mod cache;
pub mod db;
pub mod gateway;
pub mod secret;
pub mod settings;
