//! Refunds.

mod failures;
mod v3;
mod whole_and_part;
