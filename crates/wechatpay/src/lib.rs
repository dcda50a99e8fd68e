#![doc = include_str!("../README.md")]

pub mod bill;
mod fault;
mod mask;
mod options;
mod rules;
mod transport;
pub mod v2;
pub mod v3;
mod wipe;

pub use jiff::civil::Date;
