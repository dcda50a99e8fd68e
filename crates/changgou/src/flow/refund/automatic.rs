//! Money that came for nothing goes back whole.

use super::{OpenedRefund, RefundIds, RefundOpening, open};
use crate::domain::message::{NotFound, RefundMessage};
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::flow::{App, Error, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::store::order::{self, Order};
use crate::store::payment::attempt::{self, Attempt, AttemptState};
use crate::store::payment::flag;
use crate::store::payment::refund::{self, Refund, RefundCause};

/// Gives the money back that an attempt keeps although it pays nothing, of its
/// own accord. What came by it is `paid`.
pub(in crate::flow) async fn held(
    tx: &mut Tx<'_>,
    order: &Order,
    attempt: &Attempt,
    cause: RefundCause,
    paid: Fen,
    opening: &RefundOpening<'_>,
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
    open(tx, order, attempt, OpenedRefund { cause, fee: paid, paid, reason, key: None }, opening).await
}

/// Gives money back that waits for a person, by an operator's word.
pub async fn of_flag(app: &App, operator: &str, out_trade_no: &str) -> Outcome<Refund> {
    let (actor, number, numbers) = (operator.to_owned(), out_trade_no.to_owned(), RefundIds::of(app));
    let (outlet, now) = (app.outlet.clone(), app.now());
    let given = app
        .db
        .write(async move |tx| {
            let none = || Refusal::new(NotFound::PendingPayment);
            let found = attempt::find(tx, &number).await?.ok_or_else(none)?;
            let order = order::lock(tx, &found.order_id).await?.ok_or_else(none)?;
            let attempt = attempt::lock(tx, &number).await?.ok_or_else(none)?;
            match attempt.state {
                AttemptState::PaidLate | AttemptState::PaidTwice | AttemptState::Held => {}
                AttemptState::Opened | AttemptState::Waiting | AttemptState::Paid | AttemptState::Closed => {
                    return Err(Error::from(kept()));
                }
            }
            let refunds = refund::of(tx, &order.id).await?;
            if let Some(before) = refunds.into_iter().find(|refund| refund.out_trade_no == number) {
                return Ok(before);
            }
            let waiting = flag::of_attempt(tx, &number).await?;
            let (_, paid) = waiting
                .into_iter()
                .find(|(transaction_id, _)| attempt.transaction_id.as_ref() == Some(transaction_id))
                .ok_or_else(none)?;
            let opening = RefundOpening { outlet: &outlet, actor: &actor, numbers, now };
            Ok(held(tx, &order, &attempt, RefundCause::Mismatch, paid, &opening).await?)
        })
        .await?;
    app.outlet.wake();
    Ok(given)
}

fn kept() -> Refusal {
    Refusal::new(RefundMessage::PaymentOfLiveOrder)
}
