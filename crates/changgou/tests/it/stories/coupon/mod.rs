//! Coupons.

mod discount;
mod grant;
mod use_once;
