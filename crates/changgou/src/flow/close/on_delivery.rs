//! Closes orders that are paid on delivery, before they bring money: called off before the shipment, or
//! refused at the door. Nothing is asked of WeChat.

use super::{CloseReason, give_back};
use crate::domain::id::OrderId;
use crate::domain::message::NotFound;
use crate::domain::refusal::Refusal;
use crate::domain::status::OrderState;
use crate::flow::unit_of_work::{OrderEvent, UnitOfWork};
use crate::flow::{App, Outcome};
use crate::store::due_work::{self, DueKind};
use crate::store::order::history::HistoryKind;
use crate::store::order::{self, MoveError, Order, OrderChange};

/// Who closes it, and why.
#[derive(Clone)]
pub(super) struct Closing {
    pub(super) actor: String,
    pub(super) why: CloseReason,
    /// In the operator's words.
    pub(super) note: Option<String>,
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
        let change = OrderChange::Closed { reason: closing.why.word() };
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
    let detail = closing.note.clone().unwrap_or_else(|| closing.why.word().to_owned());
    let (kind, actor) = (HistoryKind::Closed, closing.actor.as_str());
    work.record(OrderEvent { order, kind, actor, detail: Some(detail), payment: None }).await?;
    due_work::delete(work.tx, DueKind::Receive, order.id.as_str()).await?;
    if order.state == OrderState::Shipped {
        let items = order::list_items(work.tx, [&order.id]).await?;
        let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
        order::mark_returned(work.tx, &order.id, &ids).await?;
    }
    give_back(work.tx, order, work.now).await
}
