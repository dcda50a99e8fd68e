//! Applies what WeChat says about a refund.

use super::advance::{mark_done, mark_processing, note_reason, stop};
use super::retry::retry_closed;
use crate::flow::{App, Outcome};
use crate::infra::gateway::{RefundFacts, RefundProgress};
use crate::store::payment::refund::{Refund, RefundState};

/// Applies the standing of a refund at WeChat; returns whether it is still under way.
pub async fn apply_standing(app: &App, refund: &Refund, standing: RefundProgress) -> Outcome<bool> {
    if facts_of(&standing).is_some_and(|facts| !is_about(facts, refund)) {
        note_reason(app, refund, "WeChat tells of another amount or payment").await?;
        return Ok(true);
    }
    match standing {
        RefundProgress::Done(facts) => mark_done(app, refund, &facts).await.map(|()| false),
        RefundProgress::Processing(facts) => {
            mark_processing(app, refund, &facts.refund_id).await.map(|()| true)
        }
        RefundProgress::Closed(_) => retry_closed(app, refund).await.map(|()| false),
        RefundProgress::Abnormal(_) => {
            let why = "the payer's account takes no money";
            stop(app, refund, RefundState::Abnormal, why).await.map(|()| false)
        }
        RefundProgress::Missing => note_reason(app, refund, "WeChat does not know it").await.map(|()| true),
        RefundProgress::Unknown(why) => note_reason(app, refund, &why).await.map(|()| true),
    }
}

fn facts_of(standing: &RefundProgress) -> Option<&RefundFacts> {
    match standing {
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
