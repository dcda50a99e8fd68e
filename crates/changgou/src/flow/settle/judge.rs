//! What evidence means.

use super::SettleOutcome;
use crate::domain::status::OrderState;
use crate::infra::gateway::Evidence;
use crate::store::order::Order;
use crate::store::payment::attempt::{Attempt, AttemptState};

/// What the evidence means, given where attempt and order stand and to which
/// attempt, if any, this payment was bound before.
pub(super) fn judge(
    attempt: &Attempt,
    bound: Option<&Attempt>,
    order: &Order,
    evidence: &Evidence,
) -> SettleOutcome {
    match (attempt.state, bound) {
        (_, Some(bound)) if bound.out_trade_no == attempt.out_trade_no => SettleOutcome::Before,
        // One payment for two numbers, or two for one: WeChat does neither. A person looks.
        (_, Some(_))
        | (
            AttemptState::Paid | AttemptState::PaidLate | AttemptState::PaidTwice | AttemptState::Held,
            None,
        ) => SettleOutcome::Mismatch,
        (AttemptState::Opened | AttemptState::Waiting | AttemptState::Closed, None)
            if !fits(attempt, evidence) =>
        {
            SettleOutcome::Mismatch
        }
        (AttemptState::Opened | AttemptState::Waiting | AttemptState::Closed, None) => match order.state {
            OrderState::AwaitingPayment => SettleOutcome::Paid,
            OrderState::Closed => SettleOutcome::AfterClose,
            OrderState::AwaitingShipment
            | OrderState::Shipped
            | OrderState::Completed
            | OrderState::Returned
            | OrderState::Refunded => SettleOutcome::Twice,
        },
    }
}

/// Amount, currency and kind of trade are what was asked for. That appid and
/// merchant are ours the gateway has checked before it called this evidence.
fn fits(attempt: &Attempt, evidence: &Evidence) -> bool {
    evidence.total_fee == attempt.total_fee && evidence.currency == "CNY" && evidence.trade_type == "NATIVE"
}
