//! The HTML pages.

mod browser;
mod buying;
mod offers;
mod refund;
mod snapshots;
