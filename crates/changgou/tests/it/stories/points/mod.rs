//! Points.

mod ledger;
