//! Bills: what really happened on one day of the virtual clock, as WeChat writes it.

mod apply_fault;
mod cell;
mod fund_flow;
mod sheet;
mod trades;

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::faults::{BillFault, Call};
use crate::state::World;
use crate::timestamp;

/// A bill that can be sent.
#[derive(Debug, Clone)]
pub struct Bill {
    /// The file.
    pub text: String,
    /// What its hash is taken of; the fault `bill_truncated` leaves it whole.
    pub whole: String,
    /// The fault that befell it.
    pub fault: Option<BillFault>,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoBill {
    /// The day is not over, or nothing happened on it.
    NotExist,
    /// It is still being made.
    Creating,
}

/// Which rows a trade bill has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    All,
    Success,
    Refund,
}

impl Kind {
    /// By WeChat's name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "ALL" => Some(Self::All),
            "SUCCESS" => Some(Self::Success),
            "REFUND" => Some(Self::Refund),
            _ => None,
        }
    }
}

/// A day of UTC+8.
#[derive(Debug, Clone, Copy)]
pub struct Day {
    /// Ms UTC.
    pub begins_ms: i64,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// A bill is made at nine in the morning after its day, and shows refunds as they stood then.
const MADE_AFTER_MS: i64 = 9 * 60 * 60 * 1000;

impl Day {
    /// Of eight digits, with or without dashes between them.
    pub fn read(text: &str) -> Option<Self> {
        let digits = text.replace('-', "");
        timestamp::parse_civil(&format!("{digits}000000")).map(|begins_ms| Self { begins_ms })
    }

    /// Whether a moment is on it.
    pub fn has(self, at_ms: i64) -> bool {
        (self.begins_ms..self.begins_ms + DAY_MS).contains(&at_ms)
    }

    fn is_over(self, now_ms: i64) -> bool {
        now_ms >= self.begins_ms + DAY_MS
    }

    /// The moment whose state the bill shows.
    fn seen_ms(self, now_ms: i64) -> i64 {
        now_ms.min(self.begins_ms + DAY_MS + MADE_AFTER_MS)
    }
}

/// The trades and refunds of a merchant's day.
pub fn trade_bill(world: &World, mch_id: &str, day: Day, kind: Kind) -> Result<Bill, NoBill> {
    let fault = world.faults().take_bill(Call::Downloadbill);
    make(world, day, fault, |seen_ms| trades::sheet(&world.book(), mch_id, day, kind, seen_ms))
}

/// The money that came and went on a merchant's day.
pub fn fund_flow_bill(world: &World, mch_id: &str, day: Day) -> Result<Bill, NoBill> {
    let fault = world.faults().take_bill(Call::Downloadfundflow);
    make(world, day, fault, |seen_ms| fund_flow::sheet(&world.book(), mch_id, day, seen_ms))
}

fn make(
    world: &World,
    day: Day,
    fault: Option<(BillFault, Option<String>)>,
    sheet: impl FnOnce(i64) -> sheet::Sheet,
) -> Result<Bill, NoBill> {
    let now_ms = world.clock().now();
    let (fault, number) = fault.map_or((None, None), |(fault, number)| (Some(fault), number));
    if fault == Some(BillFault::Creating) {
        return Err(NoBill::Creating);
    }
    if !day.is_over(now_ms) {
        return Err(NoBill::NotExist);
    }
    let mut sheet = sheet(day.seen_ms(now_ms));
    if let Some(fault) = fault {
        apply_fault::spoil(&mut sheet, fault, number.as_deref());
    }
    if sheet.rows.is_empty() {
        return Err(NoBill::NotExist);
    }
    let whole = sheet.write();
    let text = match fault {
        Some(BillFault::Truncated) => whole[..whole.floor_char_boundary(whole.len() * 3 / 5)].to_owned(),
        Some(_) | None => whole.clone(),
    };
    Ok(Bill { text, whole, fault })
}

/// The same in GZIP.
pub fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).expect("memory takes everything")
}
