//! Bills: what WeChat says happened on a day (pay.weixin.qq.com, chapters `9_6` and `9_18`, docs
//! `4012791887` and `4012791888`). v2 and v3 give the same files.
//!
//! Readers take bytes as they come and give rows, so a bill of a million lines needs no more memory
//! than one of ten. Nothing counts before the end was checked against the summary: keep what the rows
//! lead to apart until `finish` agrees.

mod download;
mod error;
mod fund_flow;
mod gunzip;
mod hash;
mod lines;
mod money;
mod record;
mod request;
mod table;
mod trade;

pub use download::{BillFile, DownloadError};
pub use error::BillError;
pub use fund_flow::{Direction, FundFlowBill, FundFlowRow, FundFlowTotals};
pub use gunzip::Gunzip;
pub use hash::BillHash;
pub use request::{Account, BillKind, Fetched, Packing};
pub use trade::{TradeBill, TradeRefund, TradeRow, TradeTotals};

pub(crate) use download::{Expected, Opened};
