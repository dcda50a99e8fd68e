//! What is settled, and how it ends.

use crate::infra::gateway::Evidence;

/// Evidence that is to be settled.
#[derive(Debug)]
pub struct SettleRequest {
    pub evidence: Evidence,
    pub source: EvidenceSource,
}

/// How evidence came to the shop.
#[derive(Clone, Debug)]
pub enum EvidenceSource {
    /// In this notice from WeChat.
    Notice(String),
    /// Through the broker, in this notice of WeChat's.
    Broker(String),
    /// In WeChat's answer to a query.
    Query,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettleOutcome {
    /// The order is paid now.
    Paid,
    /// This payment was settled before.
    Before,
    /// The order was closed before the payment arrived; its goods are in stock, so it
    /// is paid and goes on.
    Reopened,
    /// The order was closed before the payment arrived and stays closed: the money is
    /// refunded.
    AfterClose,
    /// Another payment has paid the order: this one is refunded.
    Twice,
    /// The payment does not match the attempt: nothing is paid, and an operator decides.
    Mismatch,
    /// There is no attempt with this number.
    Unknown,
}

impl SettleOutcome {
    /// A stable word for metrics and the inbox.
    pub fn word(self) -> &'static str {
        match self {
            SettleOutcome::Paid => "paid",
            SettleOutcome::Reopened => "reopened",
            SettleOutcome::Before => "before",
            SettleOutcome::AfterClose => "after_close",
            SettleOutcome::Twice => "twice",
            SettleOutcome::Mismatch => "mismatch",
            SettleOutcome::Unknown => "unknown",
        }
    }
}
