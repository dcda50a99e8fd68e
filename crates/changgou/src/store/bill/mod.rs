//! WeChat's bills and the results of comparing them with our records. Owns `bill_row`, `reconcile_run`
//! and `reconcile_difference`.

pub mod bill_row;
pub mod difference;
pub mod reconcile_run;
