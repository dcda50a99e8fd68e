//! The program against a real shop: small loads of every scenario.

mod load;
mod stage;
