//! Bills: read as a stream, and accepted if the totals are right.

mod common;
mod fund_flow;
mod gzip;
mod trade;
mod v2_files;
mod v3_files;
