//! Money that came for nothing goes back whole.

use super::{Numbers, Opened, Opening, open};
use crate::domain::money::Fen;
use crate::domain::refusal::{Reason, Refusal};
use crate::flow::{App, Error, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::store::order::{self, Order};
use crate::store::payment::attempt::{self, Attempt, State};
use crate::store::payment::flag;
use crate::store::payment::refund::{self, Cause, Refund};

/// Gives the money back that an attempt keeps although it pays nothing, of its
/// own accord. What came by it is `paid`.
pub(in crate::flow) async fn held(
    tx: &mut Tx<'_>,
    order: &Order,
    attempt: &Attempt,
    cause: Cause,
    paid: Fen,
    opening: &Opening<'_>,
) -> Result<Refund, DbError> {
    let reason = match cause {
        Cause::PaidAfterClose => "订单已关闭",
        Cause::PaidTwice => "重复付款",
        Cause::Mismatch | Cause::Goods | Cause::Money | Cause::Again | Cause::Platform => "付款与订单不符",
    };
    open(tx, order, attempt, Opened { cause, fee: paid, paid, reason, key: None }, opening).await
}

/// Gives money back that waits for a person, by an operator's word.
pub async fn of_flag(app: &App, operator: &str, out_trade_no: &str) -> Outcome<Refund> {
    let (actor, number, numbers) = (operator.to_owned(), out_trade_no.to_owned(), Numbers::of(app));
    let (outlet, now) = (app.outlet.clone(), app.now());
    let given = app
        .db
        .write(async move |tx| {
            let none = || Refusal::not_found("待处理款项", "payment that waits");
            let found = attempt::find(tx, &number).await?.ok_or_else(none)?;
            let order = order::lock(tx, &found.order_id).await?.ok_or_else(none)?;
            let attempt = attempt::lock(tx, &number).await?.ok_or_else(none)?;
            match attempt.state {
                State::PaidLate | State::PaidTwice | State::Held => {}
                State::Opened | State::Waiting | State::Paid | State::Closed => {
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
            let opening = Opening { outlet: &outlet, actor: &actor, numbers, now };
            Ok(held(tx, &order, &attempt, Cause::Mismatch, paid, &opening).await?)
        })
        .await?;
    app.outlet.wake();
    Ok(given)
}

fn kept() -> Refusal {
    Refusal::new(
        Reason::WrongState,
        "这笔付款属于有效订单，请通过订单退款",
        "This payment pays an order; give the order back instead.",
    )
}
