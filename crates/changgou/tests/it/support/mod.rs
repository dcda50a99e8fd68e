//! What plays the world around the shop: WeChat, servers, browsers, other systems, and time.

pub mod backup;
pub mod bills;
pub mod database;
pub mod form_browser;
pub mod importer;
pub mod java_shop;
pub mod killable;
pub mod notice_proxy;
pub mod notice_target;
pub mod orders;
pub mod place_inputs;
pub mod program;
pub mod qr;
pub mod rabbitmq;
pub mod redis_server;
pub mod routes;
pub mod scan;
pub mod second_connection;
pub mod sent_notice;
pub mod servers;
pub mod shop;
pub mod table_lock;
pub mod wait;
pub mod webdriver;
pub mod wechat;
pub mod wechat_proxy;
