//! From paid to received: an operator ships, the buyer (or time) receives.

use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId};
use crate::domain::message::{NotFound, OrderMessage};
use crate::domain::refusal::Refusal;
use crate::domain::status::{OrderState, PayType};
use crate::flow::coupon::{self, PaidForReward};
use crate::flow::events::{EventOutlet, OrderHappening, tell};
use crate::flow::{App, Outcome};
use crate::infra::db::Tx;
use crate::store::due_work;
use crate::store::order::history::{self, HistoryKind};
use crate::store::order::{self, MoveError, Order, OrderChange, OrderItem};
use crate::store::payment::refund::{self, Refund};

/// A parcel: an order and who carries it.
#[derive(Clone, Debug)]
pub struct Shipment {
    /// The order.
    pub id: OrderId,
    /// Who carries it.
    pub shipping_name: String,
    /// The carrier's number.
    pub shipping_code: String,
}

/// Ships orders, all of them or none.
pub async fn ship(app: &App, operator: String, parcels: Vec<Shipment>) -> Outcome<usize> {
    let (now, until) = (app.now(), app.now().plus(app.settings.rules.receive_after));
    let parcels: Vec<(Id, Shipment)> = parcels.into_iter().map(|parcel| (app.id(), parcel)).collect();
    let outlet = app.outlet.clone();
    let shipped = app
        .db
        .write(async move |tx| {
            for (id, parcel) in &parcels {
                let order = order::lock(tx, &parcel.id).await?.ok_or_else(|| no_such(&parcel.id))?;
                let change =
                    OrderChange::Shipped { name: &parcel.shipping_name, code: &parcel.shipping_code };
                moved(&order, order::advance(tx, &order, change, now).await?)?;
                let detail = Some(format!("{} {}", parcel.shipping_name, parcel.shipping_code));
                let (id, kind, actor) = (*id, HistoryKind::Shipped, operator.as_str());
                let told = OrderHappening { id, order: &order, kind, actor, detail, payment: None };
                tell(tx, &outlet, &[told], now).await?;
                let owed = due_work::NewDueWork {
                    kind: due_work::DueKind::Receive,
                    reference: order.id.as_str(),
                    at: until,
                };
                due_work::put(tx, owed, None).await?;
            }
            Ok(parcels.len())
        })
        .await;
    app.outlet.wake();
    shipped
}

/// The buyer confirms that the parcel arrived.
pub async fn receive(app: &App, username: String, id: OrderId) -> Outcome<()> {
    let (now, event_id, rewards) = (app.now(), app.id(), coupon::reward_ids(app));
    let outlet = app.outlet.clone();
    let received = app
        .db
        .write(async move |tx| {
            let order = order::lock_of(tx, &username, &id).await?;
            let order = order.ok_or_else(|| Refusal::new(NotFound::Order))?;
            if order.state == OrderState::Completed {
                return Ok(());
            }
            arrived(tx, &outlet, &order, &rewards, now).await?;
            due_work::done(tx, due_work::DueKind::Receive, id.as_str()).await?;
            received_by(tx, &outlet, event_id, &order, &username, now).await
        })
        .await;
    app.outlet.wake();
    received
}

/// Time confirms it where the buyer does not.
pub async fn receive_in_time(app: &App, id: OrderId) -> Outcome<()> {
    let (now, event_id, rewards) = (app.now(), app.id(), coupon::reward_ids(app));
    let outlet = app.outlet.clone();
    let received = app
        .db
        .write(async move |tx| {
            let order = order::lock(tx, &id).await?.filter(|order| order.state == OrderState::Shipped);
            due_work::done(tx, due_work::DueKind::Receive, id.as_str()).await?;
            let Some(order) = order else { return Ok(()) };
            arrived(tx, &outlet, &order, &rewards, now).await?;
            received_by(tx, &outlet, event_id, &order, "shop", now).await
        })
        .await;
    app.outlet.wake();
    received
}

/// What is paid on delivery is paid now, and rewarded as any paid order.
async fn arrived(
    tx: &mut Tx<'_>,
    outlet: &EventOutlet,
    order: &Order,
    rewards: &[[Id; 2]],
    now: UtcMs,
) -> Outcome<()> {
    match order.pay_type {
        PayType::OnDelivery => {
            coupon::reward(tx, outlet, &[PaidForReward { order, ids: rewards }], now).await?
        }
        PayType::Online => {}
    }
    Ok(moved(order, order::advance(tx, order, OrderChange::Received, now).await?)?)
}

/// Takes an order that is over out of the buyer's list.
pub async fn hide(app: &App, username: String, id: OrderId) -> Outcome<()> {
    let now = app.now();
    app.db
        .write(async move |tx| {
            let order = order::lock_of(tx, &username, &id).await?;
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

/// A buyer's orders with their lines.
pub async fn page(
    app: &App,
    username: String,
    filter: order::OrderFilter,
    page: i64,
    size: i64,
) -> Outcome<(i64, Vec<(Order, Vec<OrderItem>)>)> {
    app.db
        .read(async move |tx| {
            let found = order::page_of(tx, &username, filter, page, size).await?;
            let items = order::items_of(tx, found.list.iter().map(|order| &order.id)).await?;
            let with_items = |order: Order| {
                let own = items.iter().filter(|item| item.order_id == order.id).cloned().collect();
                (order, own)
            };
            Ok((found.total, found.list.into_iter().map(with_items).collect()))
        })
        .await
}

/// A buyer's order alone.
pub async fn order(app: &App, username: &str, id: &OrderId) -> Outcome<Order> {
    let (username, id) = (username.to_owned(), id.clone());
    let found = app.db.read(async move |tx| order::of(tx, &username, &id).await).await?;
    Ok(found.ok_or_else(|| Refusal::new(NotFound::Order))?)
}

/// An order with what belongs to it.
#[derive(Clone, Debug)]
pub struct OrderWithItems {
    /// The order.
    pub order: Order,
    /// Its lines.
    pub items: Vec<OrderItem>,
    /// What happened to it, first to last.
    pub events: Vec<history::HistoryEvent>,
    /// Its money that goes or went back, first to last.
    pub refunds: Vec<Refund>,
}

/// A buyer's order with its lines, its history and its refunds.
pub async fn one(app: &App, username: String, id: OrderId) -> Outcome<OrderWithItems> {
    app.db
        .read(async move |tx| {
            let order = order::of(tx, &username, &id).await?.ok_or_else(|| Refusal::new(NotFound::Order))?;
            let items = order::items_of(tx, [&id]).await?;
            let (events, refunds) = (history::of(tx, &id).await?, refund::of(tx, &id).await?);
            Ok(OrderWithItems { order, items, events, refunds })
        })
        .await
}

fn moved(order: &Order, result: Result<OrderState, MoveError>) -> Result<(), Refusal> {
    result.map(drop).map_err(|_| Refusal::new(OrderMessage::WrongState { id: order.id.clone() }))
}

fn no_such(id: &OrderId) -> Refusal {
    Refusal::new(NotFound::OrderOfId { id: id.clone() })
}

async fn received_by(
    tx: &mut Tx<'_>,
    outlet: &EventOutlet,
    id: Id,
    order: &Order,
    actor: &str,
    now: UtcMs,
) -> Outcome<()> {
    let told = OrderHappening { id, order, kind: HistoryKind::Received, actor, detail: None, payment: None };
    Ok(tell(tx, outlet, &[told], now).await?)
}
