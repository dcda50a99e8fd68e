//! Evidence that wants a closer look: of a closed order, of one that is paid
//! already, of another amount, or one of several about the same order.

use super::counter::{Asked, Done};
use super::judge::judge;
use super::pay::{Paying, pay};
use super::{Settled, reopen};
use crate::flow::coupon::{self, Rewarded};
use crate::flow::refund::{self, Opening};
use crate::flow::tell::{self, Outlet, Told};
use crate::ground::db::{DbError, Tx};
use crate::ground::gateway::Evidence;
use crate::nouns::due;
use crate::nouns::order::event;
use crate::nouns::order::{self, Item, Order};
use crate::nouns::payment::attempt::{self, Attempt, State};
use crate::nouns::payment::flag::{self, NewFlag};
use crate::nouns::payment::refund::Cause;
use crate::values::clock::UtcMs;
use crate::values::id::{Id, OrderId};

/// Settles one.
pub(super) async fn settle(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    asked: &Asked,
    now: UtcMs,
) -> Result<Done, DbError> {
    let opening = Opening { outlet, actor: "shop", numbers: asked.numbers, now };
    let (settled, order) = settle_in(tx, asked, &opening).await?;
    Ok(Done { settled, order })
}

async fn settle_in(
    tx: &mut Tx<'_>,
    asked: &Asked,
    opening: &Opening<'_>,
) -> Result<(Settled, Option<OrderId>), DbError> {
    let (outlet, now, evidence) = (opening.outlet, opening.now, &asked.evidence);
    let Some(attempt) = attempt::find(tx, &evidence.out_trade_no).await? else {
        return Ok((Settled::Unknown, None));
    };
    let order = order::lock(tx, &attempt.order_id).await?.ok_or(DbError::NoRow)?;
    let bound = attempt::by_transaction(tx, &evidence.transaction_id).await?;
    let (settled, goods) = go_on(tx, judge(&attempt, bound.as_ref(), &order, evidence), &order).await?;
    match settled {
        Settled::Before | Settled::Unknown => return Ok((settled, None)),
        Settled::Paid => {
            pay(tx, outlet, &[Paying { asked, attempt: &attempt, order: &order }], now).await?;
            give_up_others(tx, &order, now).await?;
            return Ok((settled, Some(order.id)));
        }
        Settled::Reopened => {
            let rewarded = Rewarded { order: &order, ids: &asked.rewards };
            coupon::reward(tx, outlet, &[rewarded], now).await?;
            tell_of(tx, event::Kind::Reopened, &order, evidence, (asked.event_id, opening)).await?;
        }
        Settled::AfterClose | Settled::Twice | Settled::Mismatch => {
            if !set_aside(tx, &attempt, bound.as_ref(), evidence, settled, asked.flag_id, now).await? {
                return Ok((Settled::Before, None));
            }
        }
    }
    let event_id = if goods.is_some() { opening.numbers.event_id() } else { asked.event_id };
    tell_of(tx, kind(settled), &order, evidence, (event_id, opening)).await?;
    match (settled, goods) {
        (Settled::Reopened, goods) => {
            reopen::reopen(tx, &attempt, &order, &goods.unwrap_or_default(), evidence, now).await?;
        }
        (Settled::AfterClose | Settled::Twice, _) => {
            give_back(tx, &attempt, &order, evidence, settled, opening).await?
        }
        (Settled::Paid | Settled::Before | Settled::Unknown | Settled::Mismatch, _) => {}
    }
    Ok((settled, Some(order.id)))
}

/// Whether an order that was closed before goes on, and with which lines.
async fn go_on(
    tx: &mut Tx<'_>,
    settled: Settled,
    order: &Order,
) -> Result<(Settled, Option<Vec<Item>>), DbError> {
    if settled != Settled::AfterClose {
        return Ok((settled, None));
    }
    let goods = reopen::goods(tx, order).await?;
    Ok((if goods.is_some() { Settled::Reopened } else { settled }, goods))
}

/// Money that came for nothing goes back of its own accord.
async fn give_back(
    tx: &mut Tx<'_>,
    attempt: &Attempt,
    order: &Order,
    evidence: &Evidence,
    settled: Settled,
    opening: &Opening<'_>,
) -> Result<(), DbError> {
    let cause = if settled == Settled::Twice { Cause::PaidTwice } else { Cause::PaidAfterClose };
    refund::held(tx, order, attempt, cause, evidence.total_fee, opening).await.map(drop)
}

fn kind(settled: Settled) -> event::Kind {
    match settled {
        Settled::AfterClose => event::Kind::PaidAfterClose,
        Settled::Twice => event::Kind::PaidTwice,
        Settled::Mismatch => event::Kind::Mismatch,
        Settled::Paid | Settled::Reopened | Settled::Before | Settled::Unknown => event::Kind::Paid,
    }
}

async fn tell_of(
    tx: &mut Tx<'_>,
    kind: event::Kind,
    order: &Order,
    evidence: &Evidence,
    (id, opening): (Id, &Opening<'_>),
) -> Result<(), DbError> {
    let detail = Some(format!("{} {} fen", evidence.transaction_id, evidence.total_fee.0));
    let told = Told { id, order, kind, actor: "wechat", detail, payment: Some(evidence) };
    tell::tell(tx, opening.outlet, &[told], opening.now).await
}

/// An attempt that was given up may be paid after all while a newer one is
/// live: nobody shall pay that one too.
async fn give_up_others(tx: &mut Tx<'_>, order: &Order, now: UtcMs) -> Result<(), DbError> {
    let Some(live) = attempt::live(tx, &order.id).await? else {
        return Ok(());
    };
    attempt::close(tx, &live.out_trade_no).await?;
    due::done(tx, due::Kind::Ask, &live.out_trade_no).await?;
    let owed = due::Owed { kind: due::Kind::Withdraw, reference: &live.out_trade_no, at: now };
    due::put(tx, owed, None).await
}

/// Money that does not pay the order stays visible until a person has decided;
/// `false` if it is set aside already.
async fn set_aside(
    tx: &mut Tx<'_>,
    attempt: &Attempt,
    bound: Option<&Attempt>,
    evidence: &Evidence,
    settled: Settled,
    id: Id,
    now: UtcMs,
) -> Result<bool, DbError> {
    let (kind, to, detail) = match settled {
        Settled::AfterClose => (flag::Kind::PaidAfterClose, State::PaidLate, "the order was closed before"),
        Settled::Twice => (flag::Kind::PaidTwice, State::PaidTwice, "another payment had paid the order"),
        Settled::Mismatch | Settled::Paid | Settled::Reopened | Settled::Before | Settled::Unknown => {
            (flag::Kind::Mismatch, State::Held, "it is not what was asked for")
        }
    };
    // An attempt that keeps a payment already is left as it is; the flag tells of the other one.
    let takes_it = attempt.transaction_id.is_none() && bound.is_none();
    if takes_it && !attempt::note_money(tx, &[(attempt, evidence)], to).await? {
        return Err(tx.raced(format!("{} moved while it was settled", attempt.out_trade_no)));
    }
    let Evidence { out_trade_no, transaction_id, total_fee, .. } = evidence;
    let detail =
        format!("{detail}; asked {} fen, got {} fen {}", attempt.total_fee.0, total_fee.0, evidence.currency);
    let (order_id, total_fee) = (&attempt.order_id, *total_fee);
    flag::raise(
        tx,
        &NewFlag { id, kind, out_trade_no, transaction_id, order_id, total_fee, detail: &detail },
        now,
    )
    .await
}
