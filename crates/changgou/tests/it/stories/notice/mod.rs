//! WeChat's payment notices, real and forged.

mod v2;
mod v2_forged;
mod v3_forged;
