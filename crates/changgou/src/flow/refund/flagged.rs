//! An operator refunds money that was set aside.

use super::refund_unmatched;
use crate::domain::message::{NotFound, RefundMessage};
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::flow::unit_of_work::UnitOfWork;
use crate::flow::{App, Outcome};
use crate::store::order;
use crate::store::payment::attempt::{self, Attempt, AttemptState};
use crate::store::payment::flag;
use crate::store::payment::refund::{self, Refund, RefundCause};

/// Refunds the flagged payment of an attempt in full, once.
pub async fn refund_flagged(app: &App, operator: &str, out_trade_no: &str) -> Outcome<Refund> {
    let (actor, number) = (operator.to_owned(), out_trade_no.to_owned());
    app.write(async move |work| {
        let found = attempt::find(work.tx, &number).await?.ok_or_else(no_flag)?;
        let order = order::lock(work.tx, &found.order_id).await?.ok_or_else(no_flag)?;
        let attempt = attempt::lock(work.tx, &number).await?.ok_or_else(no_flag)?;
        paid_no_order(&attempt)?;
        let refunds = refund::list_for_order(work.tx, &order.id).await?;
        if let Some(earlier) = refunds.into_iter().find(|refund| refund.out_trade_no == number) {
            return Ok(earlier);
        }
        let paid = flagged_fee(work, &attempt).await?;
        Ok(refund_unmatched(work, &actor, &order, &attempt, RefundCause::Mismatch, paid).await?)
    })
    .await
}

fn paid_no_order(attempt: &Attempt) -> Result<(), Refusal> {
    match attempt.state {
        AttemptState::PaidLate | AttemptState::PaidTwice | AttemptState::Held => Ok(()),
        AttemptState::Opened | AttemptState::Waiting | AttemptState::Paid | AttemptState::Closed => {
            Err(pays_an_order())
        }
    }
}

/// What the flagged payment of the attempt is, in fen.
async fn flagged_fee(work: &mut UnitOfWork<'_, '_>, attempt: &Attempt) -> Outcome<Fen> {
    let flags = flag::list_open_for_attempt(work.tx, &attempt.out_trade_no).await?;
    let own =
        flags.into_iter().find(|(transaction_id, _)| attempt.transaction_id.as_ref() == Some(transaction_id));
    Ok(own.map(|(_, fee)| fee).ok_or_else(no_flag)?)
}

fn no_flag() -> Refusal {
    Refusal::new(NotFound::PendingPayment)
}

fn pays_an_order() -> Refusal {
    Refusal::new(RefundMessage::PaymentOfLiveOrder)
}
