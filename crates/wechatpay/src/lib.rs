#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod bill;
mod clock;
mod field_error;
mod field_rules;
mod options;
mod redact;
mod transport;
pub mod v2;
pub mod v3;
mod zeroize;

pub use clock::Clock;
pub use jiff::civil::Date;
