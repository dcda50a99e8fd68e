//! Messages to and from other systems through RabbitMQ.

mod down;
mod killed;
mod messages;
mod v3_results;
