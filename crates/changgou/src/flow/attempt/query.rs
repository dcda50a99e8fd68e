//! Asks WeChat whether an attempt was paid.

use crate::flow::settle::EvidenceSource;
use crate::flow::{App, Outcome};
use crate::infra::gateway::TradeStatus;
use crate::store::payment::attempt::Attempt;

/// Asks WeChat about an attempt, and settles the payment if there is one.
pub async fn query_payment(app: &App, attempt: &Attempt) -> Outcome<TradeStatus> {
    let trade = app.gateway.query(&attempt.out_trade_no, &attempt.sign_type).await;
    if let TradeStatus::Paid(evidence) = &trade {
        app.settle_queue.settle(evidence.clone(), EvidenceSource::Query).await?;
    }
    Ok(trade)
}
