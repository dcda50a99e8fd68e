//! The only place that makes an order paid. V2NoticeContent, poll, return page and bill
//! all come here with their evidence; whoever comes second finds it done.

mod batch;
mod batch_queue;
mod flags;
mod inbox;
mod judge;
mod mark_paid;
mod reopen;
mod single;
mod unmatched;

use crate::flow::{App, Outcome};
use crate::infra::gateway::Evidence;

pub use batch_queue::{SettleQueue, SettleRequest, SettleResult};
pub use flags::{seen_to, waiting, waits_for};

/// What became of the evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettleOutcome {
    /// The order is paid now.
    Paid,
    /// It was settled before, by this very payment.
    Before,
    /// The order was closed first; its goods are there and it goes on, paid.
    Reopened,
    /// The order was closed first, and cannot go on: the money goes back.
    AfterClose,
    /// Another payment had paid the order: this one goes back.
    Twice,
    /// It does not fit what was asked: nothing is paid, a person decides.
    Mismatch,
    /// No attempt has this number.
    Unknown,
}

impl SettleOutcome {
    /// Whether the order, or what is known of it, is another now.
    fn moves(self) -> bool {
        match self {
            SettleOutcome::Paid
            | SettleOutcome::Reopened
            | SettleOutcome::AfterClose
            | SettleOutcome::Twice
            | SettleOutcome::Mismatch => true,
            SettleOutcome::Before | SettleOutcome::Unknown => false,
        }
    }

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

/// How evidence came to the shop.
#[derive(Clone, Debug)]
pub enum EvidenceSource {
    /// WeChat told it, by this notice.
    Notice(String),
    /// Another told it through the broker, by this notice of WeChat's.
    Broker(String),
    /// The shop asked WeChat.
    Query,
}

/// Settles what is proven.
pub async fn settle(app: &App, evidence: Evidence, source: EvidenceSource) -> Outcome<SettleOutcome> {
    let number = evidence.out_trade_no.clone();
    let SettleResult { settled, order } = app.settling.ask(SettleRequest::of(app, evidence, source)).await?;
    app.outlet.wake();
    metrics::counter!("changgou_settled_total", "outcome" => settled.word()).increment(1);
    tracing::info!(out_trade_no = number, outcome = settled.word(), "evidence of a payment");
    if let Some(order) = order {
        app.changed(&order);
    }
    Ok(settled)
}
