//! The suite: stories told through the front door. The world (WeChat, time,
//! the worker's turns) is played; the inside of the shop never is.

mod pay;
mod place;
mod shop;
mod tidy;
mod wechat;
mod wire;
