//! Opens refunds: the money is reserved, the refund is written, and the worker will
//! ask WeChat for it.

use crate::domain::money::Fen;
use crate::flow::unit_of_work::{OrderEvent, UnitOfWork};
use crate::infra::db::DbError;
use crate::store::due_work::{self, DueKind, NewDueWork};
use crate::store::order::Order;
use crate::store::order::history::HistoryKind;
use crate::store::payment::attempt::Attempt;
use crate::store::payment::refund::{self, Refund, RefundCause, RefundState};
use crate::store::payment::refund_total;

/// A refund that is to be opened.
pub(super) struct NewRefund<'a> {
    pub(super) cause: RefundCause,
    pub(super) fee: Fen,
    /// What the attempt was paid with.
    pub(super) paid: Fen,
    pub(super) reason: &'a str,
    pub(super) key: Option<String>,
}

/// Opens a refund of the whole of `paid`, which an attempt received although its order
/// did not need it.
pub(in crate::flow) async fn refund_unmatched(
    work: &mut UnitOfWork<'_, '_>,
    actor: &str,
    order: &Order,
    attempt: &Attempt,
    cause: RefundCause,
    paid: Fen,
) -> Result<Refund, DbError> {
    let reason = match cause {
        RefundCause::PaidAfterClose => "订单已关闭",
        RefundCause::PaidTwice => "重复付款",
        RefundCause::Mismatch
        | RefundCause::Goods
        | RefundCause::Money
        | RefundCause::Again
        | RefundCause::Platform => "付款与订单不符",
    };
    open_refund(work, actor, order, attempt, NewRefund { cause, fee: paid, paid, reason, key: None }).await
}

pub(super) async fn open_refund(
    work: &mut UnitOfWork<'_, '_>,
    actor: &str,
    order: &Order,
    attempt: &Attempt,
    new: NewRefund<'_>,
) -> Result<Refund, DbError> {
    let number = attempt.out_trade_no.as_str();
    if !refund_total::reserve(work.tx, number, new.paid, new.fee).await? {
        return Err(work.tx.race_error(format!("refunds of {number} exceed what was paid")));
    }
    let refund = Refund {
        out_refund_no: new_refund_no(work),
        out_trade_no: attempt.out_trade_no.clone(),
        order_id: attempt.order_id.clone(),
        cause: new.cause,
        reason: new.reason.to_owned(),
        refund_fee: new.fee,
        state: RefundState::Opened,
        request: String::new(),
        sign_type: attempt.sign_type.clone(),
        asked: 0,
        refund_id: None,
        told: None,
        actor: actor.to_owned(),
        request_key: new.key,
        arrived: None,
        created: work.now,
    };
    write_opened(work, order, &refund).await?;
    Ok(refund)
}

pub(super) fn new_refund_no(work: &UnitOfWork<'_, '_>) -> String {
    format!("R{}", work.next_id())
}

/// Writes an opened refund, its event, and the due work of asking WeChat for it.
pub(super) async fn write_opened(
    work: &mut UnitOfWork<'_, '_>,
    order: &Order,
    refund: &Refund,
) -> Result<(), DbError> {
    refund::insert(work.tx, refund).await?;
    let reference = refund.out_refund_no.as_str();
    due_work::schedule(work.tx, NewDueWork { kind: DueKind::Refund, reference, at: work.now }, None).await?;
    let detail = Some(format!("{reference} {} fen {}", refund.refund_fee.0, refund.cause.word()));
    let (kind, actor) = (HistoryKind::RefundOpened, refund.actor.as_str());
    work.record(OrderEvent { order, kind, actor, detail, payment: None }).await
}
