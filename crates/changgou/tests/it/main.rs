//! The suite: stories told through the front door. The world (WeChat, time,
//! the worker's turns) is played; the inside of the shop never is.

mod account;
mod address;
mod books;
mod cart;
mod catalog;
mod fulfil;
mod hostile;
mod laws;
mod login;
mod ops;
mod place;
mod place_more;
mod plans;
mod program;
mod qr;
mod routes;
mod serve;
mod settlement;
mod shop;
mod throttle;
mod tidy;
