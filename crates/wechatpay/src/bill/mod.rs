//! Bills: WeChat's records of a day (pay.weixin.qq.com, chapters `9_6` and `9_18`, docs `4012791887`
//! and `4012791888`). API v2 and v3 provide the same files.
//!
//! The readers work on streams, so a bill of a million lines needs no more memory than one of ten. A
//! bill is only valid once its end matches the summary: do not act on the rows before `finish`
//! succeeds.

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
pub use fund_flow::{FundFlowBill, FundFlowDirection, FundFlowRow, FundFlowTotals};
pub use gunzip::Gunzip;
pub use hash::BillHash;
pub use request::{BillAccount, BillCompression, BillKind, BillStatus};
pub use trade::{TradeBill, TradeRefund, TradeRow, TradeTotals};

pub(crate) use download::{ExpectedHash, PeekedResponse};
