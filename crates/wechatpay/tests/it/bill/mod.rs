//! Bills: read as they come, and believed when they add up.

mod common;
mod fund_flow;
mod gzip;
mod trade;
mod v2_files;
mod v3_files;
