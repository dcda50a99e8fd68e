//! What the shop does about callers who do not behave, whatever they ask for.

mod forwarded;
mod headers;
mod labels;
mod pages;
mod slow_clients;
mod streams;
mod unreadable;
