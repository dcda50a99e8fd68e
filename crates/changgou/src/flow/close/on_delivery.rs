//! Closes orders that are paid on delivery, before they bring money: called off before the shipment, or
//! refused at the door. Nothing is asked of WeChat.

use super::{CloseReason, Closing, give_back};
use crate::domain::id::OrderId;
use crate::domain::message::NotFound;
use crate::domain::refusal::Refusal;
use crate::domain::status::OrderState;
use crate::flow::unit_of_work::UnitOfWork;
use crate::flow::{App, Outcome};
use crate::store::due_work::{self, DueKind};
use crate::store::order::{self, MoveError, Order, OrderChange};

/// Why it closes, if it may: a buyer cancels only before the shipment. Decided inside the transaction,
/// because an operator may ship it meanwhile.
fn reason(asked: CloseReason, state: OrderState) -> Option<CloseReason> {
    match (asked, state) {
        (CloseReason::Buyer | CloseReason::Operator, OrderState::AwaitingShipment) => Some(asked),
        (CloseReason::Operator, OrderState::Shipped) => Some(CloseReason::Refused),
        (
            CloseReason::Buyer | CloseReason::Expired | CloseReason::Operator | CloseReason::Refused,
            OrderState::AwaitingPayment
            | OrderState::AwaitingShipment
            | OrderState::Shipped
            | OrderState::Completed
            | OrderState::Closed
            | OrderState::Returned
            | OrderState::Refunded,
        ) => None,
    }
}

/// `refusal` is the answer if the order is not such an order any more. A repeat changes nothing.
pub(super) async fn close(
    app: &App,
    id: &OrderId,
    closing: Closing,
    refusal: fn() -> Refusal,
) -> Outcome<()> {
    let id = id.clone();
    app.write(async move |work| {
        let order = order::lock(work.tx, &id).await?.ok_or_else(|| Refusal::new(NotFound::Order))?;
        if order.state == OrderState::Closed {
            return Ok(());
        }
        let why = reason(closing.why, order.state).ok_or_else(refusal)?;
        let (closing, change) =
            (Closing { why, ..closing.clone() }, OrderChange::Closed { reason: why.word() });
        match order::change_state(work.tx, &order, change, work.now).await? {
            Ok(_) => give_everything_back(work, &order, &closing).await,
            Err(MoveError::Illegal(_)) => Err(refusal().into()),
            Err(MoveError::Overtaken) => {
                Err(work.tx.race_error(format!("{} changed while it was closed", order.id)).into())
            }
        }
    })
    .await
}

async fn give_everything_back(
    work: &mut UnitOfWork<'_, '_>,
    order: &Order,
    closing: &Closing,
) -> Outcome<()> {
    work.record(closing.event(order)).await?;
    due_work::delete(work.tx, DueKind::Receive, order.id.as_str()).await?;
    if order.state == OrderState::Shipped {
        let items = order::list_items(work.tx, [&order.id]).await?;
        let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
        order::mark_returned(work.tx, &order.id, &ids).await?;
    }
    give_back(work.tx, order, work.now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buyer_never_closes_what_was_shipped() {
        let allowed = |asked| OrderState::ALL.into_iter().filter_map(move |state| reason(asked, state));
        assert_eq!(allowed(CloseReason::Buyer).collect::<Vec<_>>(), [CloseReason::Buyer]);
        assert_eq!(reason(CloseReason::Buyer, OrderState::Shipped), None);
        let by_operator: Vec<_> = allowed(CloseReason::Operator).collect();
        assert_eq!(by_operator, [CloseReason::Operator, CloseReason::Refused]);
        assert_eq!(allowed(CloseReason::Expired).count(), 0);
    }
}
