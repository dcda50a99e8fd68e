//! What was delivered and what was answered.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::faults::Subject;

/// Deliveries remembered; the oldest go first.
pub const MAX_DELIVERIES: usize = 10_000;

/// One delivery of one copy.
#[derive(Debug)]
pub struct Delivery {
    /// What it is about.
    pub about: Subject,
    /// The merchant's number of the refund, if it is about one.
    pub out_refund_no: Option<String>,
    /// The merchant's number of the trade.
    pub out_trade_no: String,
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// Why it was made.
    pub cause: Cause,
    /// When it left, ms UTC on the virtual clock.
    pub at_ms: i64,
    /// Where to.
    pub url: String,
    /// Besides those of every notice.
    pub headers: Vec<(&'static str, String)>,
    /// What was posted.
    pub body: Arc<str>,
    /// The fault that befell it, by its name in `/sim/faults`.
    pub fault: Option<&'static str>,
    /// How it ended.
    pub outcome: Outcome,
    /// When WeChat tries again, ms UTC; nothing after SUCCESS, after the last attempt and after a resend.
    pub next_retry_ms: Option<i64>,
}

/// Why a delivery was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Because it was due; attempts count from 1.
    Due { attempt: u32 },
    /// Because somebody asked.
    Resend,
}

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// With SUCCESS.
    Acknowledged { status: u16, text: String },
    /// With anything else.
    Refused { status: u16, text: String },
    /// Without an answer.
    Failed { why: String },
    /// The fault `drop` took it; nothing was sent.
    Dropped,
}

impl Outcome {
    /// Whether WeChat is content.
    pub fn is_acknowledged(&self) -> bool {
        matches!(self, Outcome::Acknowledged { .. })
    }
}

/// Holds at most [`MAX_DELIVERIES`], oldest first.
#[derive(Debug, Default)]
pub struct Log {
    written: u64,
    deliveries: VecDeque<(u64, Arc<Delivery>)>,
}

impl Log {
    /// Adds a delivery and says its number, counted from 1.
    pub fn write(&mut self, delivery: Arc<Delivery>) -> u64 {
        if self.deliveries.len() >= MAX_DELIVERIES {
            self.deliveries.pop_front();
        }
        self.written += 1;
        self.deliveries.push_back((self.written, delivery));
        self.written
    }

    /// Newest first, with their numbers.
    pub fn newest(&self) -> impl Iterator<Item = &(u64, Arc<Delivery>)> {
        self.deliveries.iter().rev()
    }
}
