#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod bill;
mod clock;
mod fault;
mod mask;
mod options;
mod rules;
mod transport;
pub mod v2;
pub mod v3;
mod wipe;

pub use clock::Clock;
pub use jiff::civil::Date;
