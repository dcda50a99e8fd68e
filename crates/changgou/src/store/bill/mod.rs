//! WeChat's bills and what their comparison with our books gave. Owns
//! `bill_row`, `reconcile_run`, `reconcile_difference`.

pub mod bill_row;
pub mod difference;
pub mod reconcile_run;
