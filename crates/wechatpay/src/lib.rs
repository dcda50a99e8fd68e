#![doc = include_str!("../README.md")]

mod fault;
mod mask;
mod options;
mod rules;
mod transport;
pub mod v2;
pub mod v3;
mod wipe;
