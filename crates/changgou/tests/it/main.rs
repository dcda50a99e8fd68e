//! The suite: stories told through the front door. The world (WeChat, time,
//! the worker's turns) is played; the inside of the shop never is.

mod account;
mod address;
mod astray;
mod books;
mod browser;
mod cancel;
mod cart;
mod catalog;
mod close;
mod coupon;
mod crash;
mod forged;
mod fulfil;
mod hostile;
mod laws;
mod login;
mod notice;
mod ops;
mod pages;
mod pay;
mod place;
mod place_more;
mod plans;
mod program;
mod qr;
mod routes;
mod serve;
mod settle;
mod settlement;
mod shop;
mod throttle;
mod tidy;
mod webdriver;
mod wechat;
mod wire;
