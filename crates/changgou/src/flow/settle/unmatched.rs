//! Money that does not pay its order: it stays visible until it has gone back or
//! a person has decided.

use super::Settled;
use super::single::Case;
use crate::flow::refund;
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::Evidence;
use crate::store::order::history;
use crate::store::payment::attempt::{self, State};
use crate::store::payment::flag::{self, NewFlag};
use crate::store::payment::refund::Cause;

/// What is done with money of one kind.
struct Way {
    flag: flag::Kind,
    state: State,
    event: history::Kind,
    words: &'static str,
    /// Why it goes back of its own accord; `None`: a person decides.
    back: Option<Cause>,
}

const AFTER_CLOSE: Way = Way {
    flag: flag::Kind::PaidAfterClose,
    state: State::PaidLate,
    event: history::Kind::PaidAfterClose,
    words: "the order was closed before",
    back: Some(Cause::PaidAfterClose),
};

const TWICE: Way = Way {
    flag: flag::Kind::PaidTwice,
    state: State::PaidTwice,
    event: history::Kind::PaidTwice,
    words: "another payment had paid the order",
    back: Some(Cause::PaidTwice),
};

const MISMATCH: Way = Way {
    flag: flag::Kind::Mismatch,
    state: State::Held,
    event: history::Kind::Mismatch,
    words: "it is not what was asked for",
    back: None,
};

fn way(settled: Settled) -> Way {
    match settled {
        Settled::AfterClose => AFTER_CLOSE,
        Settled::Twice => TWICE,
        Settled::Mismatch | Settled::Paid | Settled::Reopened | Settled::Before | Settled::Unknown => {
            MISMATCH
        }
    }
}

/// Keeps money that came for nothing, tells of it, and sends back what may go.
pub(super) async fn keep(tx: &mut Tx<'_>, case: &Case<'_>, settled: Settled) -> Result<Settled, DbError> {
    let Case { asked, attempt, order, opening, .. } = *case;
    let way = way(settled);
    if !set_aside(tx, case, &way).await? {
        return Ok(Settled::Before);
    }
    case.tell(tx, way.event, asked.event_id).await?;
    if let Some(cause) = way.back {
        refund::held(tx, order, attempt, cause, asked.evidence.total_fee, opening).await?;
    }
    Ok(settled)
}

/// Notes the money; `false` if it is set aside already.
async fn set_aside(tx: &mut Tx<'_>, case: &Case<'_>, way: &Way) -> Result<bool, DbError> {
    let Case { asked, attempt, bound, opening, .. } = *case;
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
    let flag = NewFlag { id, kind, out_trade_no, transaction_id, order_id, total_fee, detail: &detail };
    flag::raise(tx, &flag, opening.now).await
}
