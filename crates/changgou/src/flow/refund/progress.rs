//! Applies what WeChat says about a refund.

use super::advance::{mark_done, mark_failed, mark_processing, store_reason};
use super::retry::retry_closed;
use crate::flow::{App, Outcome};
use crate::infra::gateway::{RefundFacts, RefundProgress};
use crate::store::payment::refund::{Refund, RefundState};

/// Applies the progress of a refund at WeChat; returns whether it is still under way.
pub async fn apply_progress(app: &App, refund: &Refund, progress: RefundProgress) -> Outcome<bool> {
    if refund_facts(&progress).is_some_and(|facts| !is_about(facts, refund)) {
        store_reason(app, refund, "WeChat tells of another amount or payment").await?;
        return Ok(true);
    }
    match progress {
        RefundProgress::Done(facts) => mark_done(app, refund, &facts).await.map(|()| false),
        RefundProgress::Processing(facts) => {
            mark_processing(app, refund, &facts.refund_id).await.map(|()| true)
        }
        RefundProgress::Closed(_) => retry_closed(app, refund).await.map(|()| false),
        RefundProgress::Abnormal(_) => {
            let why = "the payer's account takes no money";
            mark_failed(app, refund, RefundState::Abnormal, why).await.map(|()| false)
        }
        RefundProgress::Missing => store_reason(app, refund, "WeChat does not know it").await.map(|()| true),
        RefundProgress::Unknown(why) => store_reason(app, refund, &why).await.map(|()| true),
    }
}

fn refund_facts(progress: &RefundProgress) -> Option<&RefundFacts> {
    match progress {
        RefundProgress::Done(facts)
        | RefundProgress::Processing(facts)
        | RefundProgress::Closed(facts)
        | RefundProgress::Abnormal(facts) => Some(facts),
        RefundProgress::Missing | RefundProgress::Unknown(_) => None,
    }
}

fn is_about(facts: &RefundFacts, refund: &Refund) -> bool {
    facts.refund_fee == refund.refund_fee && facts.out_trade_no == refund.out_trade_no
}
