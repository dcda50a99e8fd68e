//! The suite: stories told through HTTP, pages and commands. The world around the shop (WeChat, time, the worker's
//! turns) is played by [`support`]; the inside of the shop never is. `stories` is sorted by area; a filter of
//! `cargo test` is any part of a test's path: `cargo test -p changgou --test it refund::`.

mod stories;
mod support;
