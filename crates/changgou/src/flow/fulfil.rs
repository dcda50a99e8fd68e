//! From paid to received: an operator ships, the buyer (or time) receives.

use crate::domain::clock::UtcMs;
use crate::domain::id::OrderId;
use crate::domain::message::{NotFound, OrderMessage};
use crate::domain::refusal::Refusal;
use crate::domain::status::{OrderState, PayType};
use crate::flow::coupon_reward::grant_rewards;
use crate::flow::unit_of_work::{OrderEvent, UnitOfWork};
use crate::flow::{App, Outcome};
use crate::store::due_work::{self, DueKind, NewDueWork};
use crate::store::order::history::{self, HistoryKind};
use crate::store::order::{self, MoveError, Order, OrderChange, OrderItem};
use crate::store::payment::refund::{self, Refund};
use crate::store::points;

#[derive(Clone, Debug)]
pub struct Shipment {
    pub id: OrderId,
    /// The carrier.
    pub shipping_name: String,
    /// The tracking number.
    pub shipping_code: String,
}

/// Ships orders, all of them or none.
pub async fn ship(app: &App, operator: String, shipments: Vec<Shipment>) -> Outcome<usize> {
    let receive_after = app.settings.rules.receive_after;
    app.write(async move |work| {
        let until = work.now.plus(receive_after);
        for shipment in &shipments {
            ship_in(work, &operator, shipment, until).await?;
        }
        Ok(shipments.len())
    })
    .await
}

/// `until` is when the order counts as received.
async fn ship_in(
    work: &mut UnitOfWork<'_, '_>,
    operator: &str,
    shipment: &Shipment,
    until: UtcMs,
) -> Outcome<()> {
    let Shipment { id, shipping_name: name, shipping_code: code } = shipment;
    let order = order::lock(work.tx, id).await?.ok_or_else(|| no_order(id))?;
    let change = OrderChange::Shipped { name, code };
    check_allowed(&order, order::change_state(work.tx, &order, change, work.now).await?)?;
    let (kind, detail) = (HistoryKind::Shipped, Some(format!("{name} {code}")));
    work.record(OrderEvent { order: &order, kind, actor: operator, detail, payment: None }).await?;
    let receive = NewDueWork { kind: DueKind::Receive, reference: id.as_str(), at: until };
    Ok(due_work::schedule(work.tx, receive, None).await?)
}

/// The buyer confirms that the parcel arrived.
pub async fn receive(app: &App, username: String, id: OrderId) -> Outcome<()> {
    app.write(async move |work| {
        let order = order::lock_for_user(work.tx, &username, &id).await?;
        let order = order.ok_or_else(|| Refusal::new(NotFound::Order))?;
        if order.state == OrderState::Completed {
            return Ok(());
        }
        complete(work, &order, &username).await
    })
    .await
}

/// Completes a shipped order that the buyer did not confirm in time.
pub async fn receive_automatically(app: &App, id: OrderId) -> Outcome<()> {
    app.write(async move |work| {
        let order = order::lock(work.tx, &id).await?.filter(|order| order.state == OrderState::Shipped);
        match order {
            Some(order) => complete(work, &order, "shop").await,
            None => Ok(due_work::delete(work.tx, DueKind::Receive, id.as_str()).await?),
        }
    })
    .await
}

/// An order that is paid on delivery is paid now, and rewarded like any paid order.
async fn complete(work: &mut UnitOfWork<'_, '_>, order: &Order, actor: &str) -> Outcome<()> {
    check_allowed(order, order::change_state(work.tx, order, OrderChange::Received, work.now).await?)?;
    let kind = HistoryKind::Received;
    work.record(OrderEvent { order, kind, actor, detail: None, payment: None }).await?;
    due_work::delete(work.tx, DueKind::Receive, order.id.as_str()).await?;
    match order.pay_type {
        PayType::OnDelivery => {
            grant_rewards(work, &[order]).await?;
            points::make_spendable(work.tx, &[(&order.username, &order.id)]).await?;
        }
        PayType::Online => {}
    }
    Ok(())
}

/// Removes an order that is over from the buyer's list.
pub async fn hide(app: &App, username: String, id: OrderId) -> Outcome<()> {
    app.write(async move |work| {
        let (tx, now) = (&mut *work.tx, work.now);
        let order = order::lock_for_user(tx, &username, &id).await?;
        let order = order.ok_or_else(|| Refusal::new(NotFound::Order))?;
        match order.state {
            OrderState::Completed | OrderState::Closed | OrderState::Returned | OrderState::Refunded => {}
            OrderState::AwaitingPayment | OrderState::AwaitingShipment | OrderState::Shipped => {
                return Err(Refusal::new(OrderMessage::NotOver).into());
            }
        }
        Ok(order::hide(tx, &username, &id, now).await.map(drop)?)
    })
    .await
}

/// A page of a buyer's orders with their lines, and how many orders there are.
pub async fn order_page(
    app: &App,
    username: String,
    filter: order::OrderFilter,
    page: i64,
    size: i64,
) -> Outcome<(i64, Vec<(Order, Vec<OrderItem>)>)> {
    app.db
        .read(async move |tx| {
            let found = order::page_for_user(tx, &username, filter, page, size).await?;
            let items = order::list_items(tx, found.list.iter().map(|order| &order.id)).await?;
            let with_items = |order: Order| {
                let own = items.iter().filter(|item| item.order_id == order.id).cloned().collect();
                (order, own)
            };
            Ok((found.total, found.list.into_iter().map(with_items).collect()))
        })
        .await
}

/// A buyer's order without its lines.
pub async fn find_order(app: &App, username: &str, id: &OrderId) -> Outcome<Order> {
    let (username, id) = (username.to_owned(), id.clone());
    let found = app.db.read(async move |tx| order::find_for_user(tx, &username, &id).await).await?;
    Ok(found.ok_or_else(|| Refusal::new(NotFound::Order))?)
}

#[derive(Clone, Debug)]
pub struct OrderWithItems {
    pub order: Order,
    pub items: Vec<OrderItem>,
    /// The oldest first.
    pub events: Vec<history::HistoryEvent>,
    /// The oldest first.
    pub refunds: Vec<Refund>,
}

/// A buyer's order with its lines, its history and its refunds.
pub async fn find_order_with_items(app: &App, username: String, id: OrderId) -> Outcome<OrderWithItems> {
    app.db
        .read(async move |tx| {
            let order = order::find_for_user(tx, &username, &id)
                .await?
                .ok_or_else(|| Refusal::new(NotFound::Order))?;
            let items = order::list_items(tx, [&id]).await?;
            let (events, refunds) =
                (history::list_for_order(tx, &id).await?, refund::list_for_order(tx, &id).await?);
            Ok(OrderWithItems { order, items, events, refunds })
        })
        .await
}

fn check_allowed(order: &Order, result: Result<OrderState, MoveError>) -> Result<(), Refusal> {
    result.map(drop).map_err(|_| Refusal::new(OrderMessage::WrongState { id: order.id.clone() }))
}

fn no_order(id: &OrderId) -> Refusal {
    Refusal::new(NotFound::OrderOfId { id: id.clone() })
}
