//! The log of deliveries and answers.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::faults::NoticeSubject;

/// The maximum number of logged deliveries. The oldest are dropped first.
pub const MAX_DELIVERIES: usize = 10_000;

/// One delivery of one copy.
#[derive(Debug)]
pub struct Delivery {
    /// The subject.
    pub about: NoticeSubject,
    /// The merchant's refund number, for a refund notice.
    pub out_refund_no: Option<String>,
    /// The merchant's order number.
    pub out_trade_no: String,
    /// WeChat's payment number.
    pub transaction_id: String,
    /// The cause.
    pub cause: DeliveryCause,
    /// When it was sent, UTC ms by the virtual clock.
    pub at_ms: i64,
    /// The URL.
    pub url: String,
    /// The headers besides the common ones.
    pub headers: Vec<(&'static str, String)>,
    /// The body that was sent.
    pub body: Arc<str>,
    /// The fault that was applied, by its name in `/sim/faults`.
    pub fault: Option<&'static str>,
    /// The outcome.
    pub outcome: DeliveryOutcome,
    /// When WeChat tries again, UTC ms; `None` after SUCCESS, after the last attempt and after a resend.
    pub next_retry_ms: Option<i64>,
}

/// Why a delivery was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryCause {
    /// It was due. Attempts are counted from 1.
    Due { attempt: u32 },
    /// It was requested through the control API.
    Resend,
}

/// The outcome of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// Acknowledged with SUCCESS.
    Acknowledged { status: u16, text: String },
    /// Answered with anything else.
    Refused { status: u16, text: String },
    /// No answer.
    Failed { why: String },
    /// Not sent because of the fault `drop`.
    Dropped,
}

impl DeliveryOutcome {
    /// Whether the notice was acknowledged.
    pub fn is_acknowledged(&self) -> bool {
        matches!(self, DeliveryOutcome::Acknowledged { .. })
    }
}

/// The log, oldest first. Holds at most [`MAX_DELIVERIES`].
#[derive(Debug, Default)]
pub struct DeliveryLog {
    spec: u64,
    deliveries: VecDeque<(u64, Arc<Delivery>)>,
}

impl DeliveryLog {
    /// Adds a delivery and returns its number, counted from 1.
    pub fn write(&mut self, delivery: Arc<Delivery>) -> u64 {
        if self.deliveries.len() >= MAX_DELIVERIES {
            self.deliveries.pop_front();
        }
        self.spec += 1;
        self.deliveries.push_back((self.spec, delivery));
        self.spec
    }

    /// The deliveries with their numbers, newest first.
    pub fn newest(&self) -> impl Iterator<Item = &(u64, Arc<Delivery>)> {
        self.deliveries.iter().rev()
    }
}
