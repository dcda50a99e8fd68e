//! Money that does not pay its order: it stays visible until it has gone back or
//! a person has decided.

use super::SettleOutcome;
use super::single::SettleCase;
use crate::flow::refund;
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::Evidence;
use crate::store::order::history;
use crate::store::payment::attempt::{self, AttemptState};
use crate::store::payment::flag::{self, NewPaymentFlag};
use crate::store::payment::refund::RefundCause;

/// What is done with money of one kind.
struct UnmatchedHandling {
    flag: flag::FlagKind,
    state: AttemptState,
    event: history::HistoryKind,
    words: &'static str,
    /// Why it goes back of its own accord; `None`: a person decides.
    back: Option<RefundCause>,
}

const AFTER_CLOSE: UnmatchedHandling = UnmatchedHandling {
    flag: flag::FlagKind::PaidAfterClose,
    state: AttemptState::PaidLate,
    event: history::HistoryKind::PaidAfterClose,
    words: "the order was closed before",
    back: Some(RefundCause::PaidAfterClose),
};

const TWICE: UnmatchedHandling = UnmatchedHandling {
    flag: flag::FlagKind::PaidTwice,
    state: AttemptState::PaidTwice,
    event: history::HistoryKind::PaidTwice,
    words: "another payment had paid the order",
    back: Some(RefundCause::PaidTwice),
};

const MISMATCH: UnmatchedHandling = UnmatchedHandling {
    flag: flag::FlagKind::Mismatch,
    state: AttemptState::Held,
    event: history::HistoryKind::Mismatch,
    words: "it is not what was asked for",
    back: None,
};

fn way(settled: SettleOutcome) -> UnmatchedHandling {
    match settled {
        SettleOutcome::AfterClose => AFTER_CLOSE,
        SettleOutcome::Twice => TWICE,
        SettleOutcome::Mismatch
        | SettleOutcome::Paid
        | SettleOutcome::Reopened
        | SettleOutcome::Before
        | SettleOutcome::Unknown => MISMATCH,
    }
}

/// Keeps money that came for nothing, tells of it, and sends back what may go.
pub(super) async fn keep(
    tx: &mut Tx<'_>,
    case: &SettleCase<'_>,
    settled: SettleOutcome,
) -> Result<SettleOutcome, DbError> {
    let SettleCase { asked, attempt, order, opening, .. } = *case;
    let way = way(settled);
    if !set_aside(tx, case, &way).await? {
        return Ok(SettleOutcome::Before);
    }
    case.tell(tx, way.event, asked.event_id).await?;
    if let Some(cause) = way.back {
        refund::held(tx, order, attempt, cause, asked.evidence.total_fee, opening).await?;
    }
    Ok(settled)
}

/// Notes the money; `false` if it is set aside already.
async fn set_aside(tx: &mut Tx<'_>, case: &SettleCase<'_>, way: &UnmatchedHandling) -> Result<bool, DbError> {
    let SettleCase { asked, attempt, bound, opening, .. } = *case;
    let evidence = &asked.evidence;
    // An attempt that keeps a payment already is left as it is; the flag tells of the other one.
    let takes_it = attempt.transaction_id.is_none() && bound.is_none();
    if takes_it && !attempt::note_money(tx, &[(attempt, evidence)], way.state).await? {
        return Err(tx.raced(format!("{} moved while it was settled", attempt.out_trade_no)));
    }
    let Evidence { out_trade_no, transaction_id, total_fee, currency, .. } = evidence;
    let (asked_fen, got) = (attempt.total_fee.0, total_fee.0);
    let detail = format!("{}; asked {asked_fen} fen, got {got} fen {currency}", way.words);
    let (id, kind, order_id, total_fee) = (asked.flag_id, way.flag, &attempt.order_id, *total_fee);
    let flag =
        NewPaymentFlag { id, kind, out_trade_no, transaction_id, order_id, total_fee, detail: &detail };
    flag::raise(tx, &flag, opening.now).await
}
