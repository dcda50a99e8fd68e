//! Getting a code to pay with, and the money it brings.

mod code;
mod failover;
mod merchant_keys;
mod qr;
mod unmatched;
mod v3;
mod wechat_keys;
