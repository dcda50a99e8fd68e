//! The only place that makes an order paid. V2NoticeContent, poll, return page and bill
//! all come here with their evidence; whoever comes second finds it done.

mod batch;
mod batch_queue;
mod flags;
mod inbox;
mod judge;
mod mark_paid;
mod pin;
mod reopen;
mod single;
mod unmatched;

use crate::flow::{App, Outcome, notice};
use crate::infra::gateway::{Evidence, Gateway, V2NoticeContent};

pub use batch_queue::{SettleQueue, SettleRequest, SettleResult};
pub use flags::{seen_to, waiting, waits_for};
pub use pin::PinCache;

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

/// What the door tells WeChat about a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeReply {
    /// It is kept; do not send it again.
    Kept,
    /// It is not believed, or cannot be placed yet; the word says why.
    Refused(&'static str),
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

/// Takes a notice in: verified with the signature its attempt is pinned to,
/// kept and settled in one transaction, and only then acknowledged.
pub async fn notice(app: &App, body: Vec<u8>) -> Outcome<NoticeReply> {
    verified(app, body, EvidenceSource::Notice).await
}

/// Takes a payment result from the broker in. It is a notice in other clothes,
/// and believed no more than one.
pub async fn result(app: &App, json: &[u8]) -> Outcome<NoticeReply> {
    let Some(body) = Gateway::notice_from_json(json) else { return Ok(NoticeReply::Refused("malformed")) };
    if let Some(number) = Gateway::unproven(&body).and_then(|notice| notice.claimed())
        && let Some(attempt) = notice::attempt_of_v3(app, number).await?
    {
        return notice::asked(app, &attempt).await;
    }
    verified(app, body, EvidenceSource::Broker).await
}

async fn verified(app: &App, body: Vec<u8>, came: fn(String) -> EvidenceSource) -> Outcome<NoticeReply> {
    let Some(notice) = Gateway::unproven(&body) else { return Ok(NoticeReply::Refused("malformed")) };
    let Some(number) = notice.claimed() else { return Ok(NoticeReply::Refused("malformed")) };
    let Some(pinned) = pin::pinned(app, number).await? else {
        return Ok(NoticeReply::Refused("unknown_trade"));
    };
    match app.gateway.prove(&notice, &pinned) {
        Err(disbelieved) => Ok(NoticeReply::Refused(disbelieved.label)),
        Ok(V2NoticeContent::NotPaid) => Ok(NoticeReply::Kept),
        Ok(V2NoticeContent::Paid(evidence)) => {
            settle(app, evidence, came(String::from_utf8_lossy(&body).into_owned())).await?;
            Ok(NoticeReply::Kept)
        }
    }
}

/// Settles what is proven.
pub async fn settle(app: &App, evidence: Evidence, source: EvidenceSource) -> Outcome<SettleOutcome> {
    let number = evidence.out_trade_no.clone();
    let SettleResult { settled, order } = app.settling.ask(SettleRequest::of(app, evidence, source)).await?;
    app.outlet.wake();
    metrics::counter!(crate::infra::metrics::SETTLED, "outcome" => settled.word()).increment(1);
    tracing::info!(out_trade_no = number, outcome = settled.word(), "evidence of a payment");
    if let Some(order) = order {
        app.changed(&order);
    }
    Ok(settled)
}
