//! A day's payments against WeChat's bills.

mod bills;
mod daily;
mod v3;
