//! Money that does not pay its order. It stays visible until it is refunded or an
//! operator has decided.

use super::mark_paid::payment_event;
use super::outcome::SettleOutcome;
use crate::flow::refund::refund_unmatched;
use crate::flow::unit_of_work::UnitOfWork;
use crate::infra::db::DbError;
use crate::infra::gateway::Evidence;
use crate::store::order::Order;
use crate::store::order::history::HistoryKind;
use crate::store::payment::attempt::{self, Attempt, AttemptState};
use crate::store::payment::flag::{self, FlagKind, NewPaymentFlag};
use crate::store::payment::refund::RefundCause;

/// A payment with the attempt and the order it is about.
pub(super) struct UnmatchedPayment<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) attempt: &'a Attempt,
    /// The attempt that already has this payment.
    pub(super) bound: Option<&'a Attempt>,
    pub(super) order: &'a Order,
}

/// What is done with one kind of such money.
struct UnmatchedHandling {
    flag: FlagKind,
    state: AttemptState,
    event: HistoryKind,
    words: &'static str,
    /// Why it is refunded automatically; `None` if an operator decides.
    refund: Option<RefundCause>,
}

const AFTER_CLOSE: UnmatchedHandling = UnmatchedHandling {
    flag: FlagKind::PaidAfterClose,
    state: AttemptState::PaidLate,
    event: HistoryKind::PaidAfterClose,
    words: "the order was closed before",
    refund: Some(RefundCause::PaidAfterClose),
};

const TWICE: UnmatchedHandling = UnmatchedHandling {
    flag: FlagKind::PaidTwice,
    state: AttemptState::PaidTwice,
    event: HistoryKind::PaidTwice,
    words: "another payment had paid the order",
    refund: Some(RefundCause::PaidTwice),
};

const MISMATCH: UnmatchedHandling = UnmatchedHandling {
    flag: FlagKind::Mismatch,
    state: AttemptState::Held,
    event: HistoryKind::Mismatch,
    words: "it is not what was asked for",
    refund: None,
};

fn handling(outcome: SettleOutcome) -> UnmatchedHandling {
    match outcome {
        SettleOutcome::AfterClose => AFTER_CLOSE,
        SettleOutcome::Twice => TWICE,
        SettleOutcome::Mismatch
        | SettleOutcome::Paid
        | SettleOutcome::Reopened
        | SettleOutcome::Before
        | SettleOutcome::Unknown => MISMATCH,
    }
}

/// Flags the money, records the event, and opens the refund if it is automatic.
pub(super) async fn handle_unmatched(
    work: &mut UnitOfWork<'_, '_>,
    payment: &UnmatchedPayment<'_>,
    outcome: SettleOutcome,
) -> Result<SettleOutcome, DbError> {
    let UnmatchedPayment { evidence, attempt, order, .. } = *payment;
    let handling = handling(outcome);
    if !insert_flag(work, payment, &handling).await? {
        return Ok(SettleOutcome::Before);
    }
    work.record(payment_event(order, evidence, handling.event)).await?;
    if let Some(cause) = handling.refund {
        refund_unmatched(work, "shop", order, attempt, cause, evidence.total_fee).await?;
    }
    Ok(outcome)
}

/// Flags the money; `false` if it is flagged already.
async fn insert_flag(
    work: &mut UnitOfWork<'_, '_>,
    payment: &UnmatchedPayment<'_>,
    handling: &UnmatchedHandling,
) -> Result<bool, DbError> {
    let UnmatchedPayment { evidence, attempt, bound, .. } = *payment;
    // An attempt that already has a payment does not change; the flag stands for the other one.
    let is_unpaid = attempt.transaction_id.is_none() && bound.is_none();
    if is_unpaid && !attempt::record_payments(work.tx, &[(attempt, evidence)], handling.state).await? {
        return Err(work.tx.race_error(format!("{} changed while it was settled", attempt.out_trade_no)));
    }
    let Evidence { out_trade_no, transaction_id, total_fee, currency, .. } = evidence;
    let (wanted, got) = (attempt.total_fee.0, total_fee.0);
    let detail = format!("{}; asked {wanted} fen, got {got} fen {currency}", handling.words);
    let (id, kind, order_id, total_fee) = (work.next_id(), handling.flag, &attempt.order_id, *total_fee);
    let flag =
        NewPaymentFlag { id, kind, out_trade_no, transaction_id, order_id, total_fee, detail: &detail };
    flag::insert(work.tx, &flag, work.now).await
}
