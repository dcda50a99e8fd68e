//! Bills: the transactions of one day of the virtual clock, in WeChat's file format.

mod apply_fault;
mod cell;
mod fund_flow;
mod sheet;
mod trades;

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::faults::{ApiCall, BillFault};
use crate::state::SimulatorState;
use crate::timestamp;

/// A bill, ready to be sent.
#[derive(Debug, Clone)]
pub struct Bill {
    /// The content of the file.
    pub text: String,
    /// The content that is hashed. The fault `bill_truncated` does not change it.
    pub whole: String,
    /// The fault that was applied.
    pub fault: Option<BillFault>,
}

/// Why a bill is not available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillUnavailable {
    /// The day is not over yet, or has no transactions.
    NotExist,
    /// The bill is not ready yet.
    Creating,
}

/// The rows of a trade bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TradeBillKind {
    All,
    Success,
    Refund,
}

impl TradeBillKind {
    /// Parses WeChat's name of the kind.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "ALL" => Some(Self::All),
            "SUCCESS" => Some(Self::Success),
            "REFUND" => Some(Self::Refund),
            _ => None,
        }
    }
}

/// A day in UTC+8.
#[derive(Debug, Clone, Copy)]
pub struct BillDay {
    /// UTC ms.
    pub begins_ms: i64,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// A bill is made at 9:00 of the next day and shows the refunds at that time.
const MADE_AFTER_MS: i64 = 9 * 60 * 60 * 1000;

impl BillDay {
    /// Parses eight digits, with or without dashes between them.
    pub fn read(text: &str) -> Option<Self> {
        let digits = text.replace('-', "");
        timestamp::parse_v2(&format!("{digits}000000")).map(|begins_ms| Self { begins_ms })
    }

    /// Whether a time is on this day.
    pub fn has(self, at_ms: i64) -> bool {
        (self.begins_ms..self.begins_ms + DAY_MS).contains(&at_ms)
    }

    fn is_over(self, now_ms: i64) -> bool {
        now_ms >= self.begins_ms + DAY_MS
    }

    /// The time whose state the bill shows.
    fn seen_ms(self, now_ms: i64) -> i64 {
        now_ms.min(self.begins_ms + DAY_MS + MADE_AFTER_MS)
    }
}

/// The trade bill of a merchant for one day.
pub fn trade_bill(
    state: &SimulatorState,
    mch_id: &str,
    day: BillDay,
    kind: TradeBillKind,
) -> Result<Bill, BillUnavailable> {
    let fault = state.faults().take_bill(ApiCall::Downloadbill);
    make(state, day, fault, |seen_ms| trades::sheet(&state.trades(), mch_id, day, kind, seen_ms))
}

/// The fund-flow bill of a merchant for one day.
pub fn fund_flow_bill(state: &SimulatorState, mch_id: &str, day: BillDay) -> Result<Bill, BillUnavailable> {
    let fault = state.faults().take_bill(ApiCall::Downloadfundflow);
    make(state, day, fault, |seen_ms| fund_flow::sheet(&state.trades(), mch_id, day, seen_ms))
}

fn make(
    state: &SimulatorState,
    day: BillDay,
    fault: Option<(BillFault, Option<String>)>,
    sheet: impl FnOnce(i64) -> sheet::BillSheet,
) -> Result<Bill, BillUnavailable> {
    let now_ms = state.clock().now();
    let (fault, number) = fault.map_or((None, None), |(fault, number)| (Some(fault), number));
    if fault == Some(BillFault::Creating) {
        return Err(BillUnavailable::Creating);
    }
    if !day.is_over(now_ms) {
        return Err(BillUnavailable::NotExist);
    }
    let mut sheet = sheet(day.seen_ms(now_ms));
    if let Some(fault) = fault {
        apply_fault::apply_fault(&mut sheet, fault, number.as_deref());
    }
    if sheet.rows.is_empty() {
        return Err(BillUnavailable::NotExist);
    }
    let whole = sheet.write();
    let text = match fault {
        Some(BillFault::Truncated) => whole[..whole.floor_char_boundary(whole.len() * 3 / 5)].to_owned(),
        Some(_) | None => whole.clone(),
    };
    Ok(Bill { text, whole, fault })
}

/// Compresses a text with GZIP.
pub fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).expect("memory takes everything")
}
