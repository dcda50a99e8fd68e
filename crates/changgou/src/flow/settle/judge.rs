//! What evidence means.

use super::outcome::SettleOutcome;
use crate::domain::status::OrderState;
use crate::infra::gateway::Evidence;
use crate::store::order::Order;
use crate::store::payment::attempt::{Attempt, AttemptState};

/// What the evidence means, given the states of its attempt and order. `bound` is the
/// attempt that already has this payment, if any.
pub(super) fn judge(
    attempt: &Attempt,
    bound: Option<&Attempt>,
    order: &Order,
    evidence: &Evidence,
) -> SettleOutcome {
    match (attempt.state, bound) {
        (_, Some(bound)) if bound.out_trade_no == attempt.out_trade_no => SettleOutcome::Before,
        // One payment for two attempts, or two for one: WeChat does neither. An operator decides.
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

/// Whether amount, currency and kind of trade match. The gateway has already checked
/// that appid and merchant number are ours.
fn fits(attempt: &Attempt, evidence: &Evidence) -> bool {
    evidence.total_fee == attempt.total_fee && evidence.currency == "CNY" && evidence.trade_type == "NATIVE"
}
