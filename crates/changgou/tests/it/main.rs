//! The suite: stories told through the front door. The world (WeChat, time,
//! the worker's turns) is played; the inside of the shop never is.

mod astray;
mod browser;
mod cancel;
mod close;
mod crash;
mod forged;
mod notice;
mod pages;
mod pay;
mod place;
mod settle;
mod shop;
mod tidy;
mod webdriver;
mod wechat;
mod wire;
